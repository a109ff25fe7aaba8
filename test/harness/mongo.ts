/** Each test file's own database on the server that the run was given. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server, without a database. */
    mongoUrl: string
    /** What whole servers of this run store in. */
    store: 'sqlite' | 'mongodb'
  }
}

export interface TestDatabase {
  /** With the database in its path. */
  readonly url: string
  drop(): Promise<void>
}

export function newDatabase(): TestDatabase {
  // Not by URL: it may name several hosts.
  const [, server = '', options = ''] = /^([^/]+\/\/[^/?]+)[^?]*(.*)$/.exec(inject('mongoUrl')) ?? []
  const url = `${server}/rollcall-test-${randomUUID()}${options}`
  return {
    url,
    drop: async () => {
      const client = new MongoClient(url)
      await client.db().dropDatabase()
      await client.close()
    },
  }
}

/** Where a whole server of a test stores: settings to start it with. Any two of one directory use the same data. */
export function storeOf(directory: string): {
  readonly settings: Record<string, string>
  drop(): Promise<void>
} {
  if (inject('store') === 'sqlite') return { settings: {}, drop: async () => undefined }
  const database = databases.get(directory) ?? newDatabase()
  databases.set(directory, database)
  return { settings: { ROLLCALL_STORE: database.url }, drop: database.drop }
}

const databases = new Map<string, TestDatabase>()

/** For a server of a test: empty, and nobody else's. */
export function newDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `rollcall-${name}-`))
}

/** With what its server stored, wherever that lies. */
export async function removeDirectory(directory: string): Promise<void> {
  await storeOf(directory).drop()
  rmSync(directory, { recursive: true, force: true })
}
