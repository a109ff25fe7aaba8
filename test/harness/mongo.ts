/** Each test file's own database on the server that the run was given. */
import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server, without a database. */
    mongoUrl: string
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
