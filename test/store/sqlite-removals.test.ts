/** The embedded store: nothing of a deleted statement stays readable in its files (A24, ruling 32). */
import { randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { store } from '../contract/evidence.ts'

describe('what a physical deletion leaves in the files', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rollcall-removals-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  async function bytes(): Promise<string> {
    const files = await readdir(directory)
    const contents = await Promise.all(files.map((file) => readFile(join(directory, file), 'latin1')))
    return contents.join('')
  }
  /** Terms the index still has anywhere, deleted rows included. */
  function tokens(): ReadonlySet<string> {
    const db = new SqliteDatabase(join(directory, 'rollcall.db'))
    db.exec("CREATE VIRTUAL TABLE temp.v USING fts5vocab (main, 'statement_index_0', 'row')")
    const found = db.prepare<[], string>('SELECT term FROM v').pluck().all()
    db.close()
    return new Set(found)
  }

  it('A24, ruling 32: neither its text, nor its facts, nor its index terms, once it is cleaned', async () => {
    const secret = `https://example.org/secret-${randomUUID()}`
    const kept = `https://example.org/kept-${randomUUID()}`
    const stores = await openSqlite({ directory, clock: systemClock() })
    const uses = Array.from({ length: 300 }, (_, n) => ({
      ifi: `account:https://lms.example|${n % 7}`,
      object: n % 3 === 0 ? secret : kept,
    }))
    const ids = await store(stores, 't', uses)
    const gone = ids.filter((_, n) => n % 3 === 0)
    await stores.removals.purge('t', gone, [])
    const count = async () => {
      let steps = 0
      while ((await stores.removals.clean()) === 'more') steps += 1
      return steps
    }
    expect(await count()).toBeGreaterThan(0)
    await stores.close()
    const left = await bytes()
    expect(left.includes(kept)).toBe(true)
    // The object itself is noted for the catalogue; what a person did with it is not.
    expect(gone.filter((id) => left.includes(id))).toEqual([])
    expect(left.split(secret).length - 1).toBeLessThan(4)
    expect(tokens().size).toBeGreaterThan(0)
    const db = new SqliteDatabase(join(directory, 'rollcall.db'))
    const used = db.prepare<[], string>('SELECT terms FROM statement').pluck().all()
    db.close()
    const standing = new Set(used.flatMap((terms) => terms.split(' ')))
    for (const token of tokens()) expect(standing.has(token), token).toBe(true)
  })
})
