import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { fileIn } from '../../src/store/sqlite/attachments/attachment-files.ts'
import { openSqlite, type SqliteStores } from '../../src/store/sqlite/open.ts'
import { restoreSqlite } from '../../src/store/sqlite/operations/restore.ts'
import { operationsContract } from '../contract/operations.ts'
import { batchOf, statementOf } from '../contract/statement-fixtures.ts'

operationsContract(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-operations-'))
  const stores = await openSqlite({ directory, clock: systemClock() })
  return {
    stores,
    close: async () => {
      await stores.close()
      rmSync(directory, { recursive: true })
    },
  }
})

describe('backup and restore of the embedded store', () => {
  let root: string
  const at = (name: string) => join(root, name)
  const open = (name: string) => openSqlite({ directory: at(name), clock: systemClock() })
  const insert = async (stores: SqliteStores, count = 1) => {
    const statements = Array.from({ length: count }, () => statementOf())
    await stores.statements.insert('t', batchOf(statements))
    return statements.map(({ id }) => id)
  }
  const idsIn = async (name: string) => {
    const stores = await open(name)
    const ids = (await stores.statements.scan('t', 0, 100_000)).map(({ id }) => id)
    await stores.close()
    return ids
  }
  /** A backup of 100 statements. */
  const backedUp = async () => {
    const stores = await open('data')
    const ids = await insert(stores, 100)
    mkdirSync(at('copy'))
    const { files } = (await stores.upkeep.backup?.(at('copy'))) ?? { files: [] }
    return { stores, ids, files }
  }
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rollcall-restore-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('keeps batches whole that are written while the copy is made, and all that was answered before', async () => {
    const stores = await open('data')
    const before = await insert(stores, 2000)
    mkdirSync(at('copy'))
    let going = true
    const batches: string[][] = []
    const writers = Array.from({ length: 4 }, async () => {
      while (going) batches.push(await insert(stores, 25))
    })
    const { files } = (await stores.upkeep.backup?.(at('copy'))) ?? { files: [] }
    going = false
    await Promise.all(writers)
    await stores.close()
    expect(await restoreSqlite({ directory: at('new'), from: at('copy'), files, replace: false })).toEqual({
      aside: null,
    })
    const there = new Set(await idsIn('new'))
    expect(before.filter((id) => !there.has(id))).toEqual([])
    for (const batch of batches) expect([0, 25]).toContain(batch.filter((id) => there.has(id)).length)
  })

  it('needs the data closed, and says so', async () => {
    const { stores, files } = await backedUp()
    const restoring = restoreSqlite({ directory: at('data'), from: at('copy'), files, replace: true })
    await expect(restoring).rejects.toMatchObject({ code: 'locked' })
    await stores.close()
  })

  it('replaces nothing unless told to, and then keeps what was there aside, openable', async () => {
    const { stores, ids, files } = await backedUp()
    const later = await insert(stores)
    await stores.close()
    const request = { directory: at('data'), from: at('copy'), files }
    expect(await restoreSqlite({ ...request, replace: false })).toEqual({
      refused: expect.stringContaining('--replace'),
    })
    expect(await idsIn('data')).toEqual([...ids, ...later])
    const outcome = (await restoreSqlite({ ...request, replace: true })) as { aside: string }
    expect(await idsIn('data')).toEqual(ids)
    expect(await idsIn(outcome.aside.slice(root.length + 1))).toEqual([...ids, ...later])
  })

  it('goes on storing after a restore, later than everything in it', async () => {
    const { stores, files } = await backedUp()
    await stores.close()
    await restoreSqlite({ directory: at('new'), from: at('copy'), files, replace: false })
    const restored = await open('new')
    const horizon = await restored.statements.consistentThrough()
    await insert(restored)
    const all = await restored.statements.scan('t', 0, 1000)
    expect(all.at(-1)).toMatchObject({ seq: 101 })
    expect(all.at(-1)?.stored).toBeGreaterThan(horizon)
    await restored.close()
  })

  it('takes no copy that differs in one byte from what was written, and touches nothing', async () => {
    const { stores, files } = await backedUp()
    await stores.close()
    appendFileSync(join(at('copy'), 'rollcall.db'), 'x')
    const request = { directory: at('new'), from: at('copy'), files, replace: false }
    expect(await restoreSqlite(request)).toEqual({ refused: expect.stringContaining('SHA-256') })
    expect(readdirSync(at('new')).filter((name) => name.startsWith('rollcall.db'))).toEqual([])
  })

  describe('with attachments', () => {
    const withBytes = async (stores: SqliteStores, bytes: Uint8Array) => {
      const sha2 = createHash('sha256').update(bytes).digest('hex')
      const staged = await stores.attachments.stage('t', sha2, Readable.from([bytes], { objectMode: true }))
      const statement = statementOf({ attachments: [staged] })
      await stores.statements.insert('t', batchOf([statement]))
      return { sha2, file: fileIn(join(at('copy'), 'attachments'), staged.id) }
    }
    const bytesIn = async (name: string, sha2: string) => {
      const stores = await open(name)
      const found = await stores.attachments.read('t', sha2)
      const bytes = found && (await buffer(found))
      await stores.close()
      return bytes
    }
    const backedUpWith = async (...all: Uint8Array[]) => {
      const stores = await open('data')
      const kept = []
      for (const bytes of all) kept.push(await withBytes(stores, bytes))
      mkdirSync(at('copy'))
      const { files } = (await stores.upkeep.backup?.(at('copy'))) ?? { files: [] }
      return { stores, kept, files }
    }

    it('holds their bytes, and restores them; those that came later go aside with their database', async () => {
      const [first, second, late] = [randomBytes(10), randomBytes(300_000), randomBytes(20)]
      const { stores, kept, files } = await backedUpWith(first, second)
      const after = await withBytes(stores, late)
      await stores.close()
      const request = { directory: at('data'), from: at('copy'), files }
      const { aside } = (await restoreSqlite({ ...request, replace: true })) as { aside: string }
      expect((await bytesIn('data', kept[0]?.sha2 ?? ''))?.equals(first)).toBe(true)
      expect((await bytesIn('data', kept[1]?.sha2 ?? ''))?.equals(second)).toBe(true)
      expect(await bytesIn('data', after.sha2)).toBeNull()
      expect((await bytesIn(aside.slice(root.length + 1), after.sha2))?.equals(late)).toBe(true)
    })

    it('is not taken when one of them is missing or differs, and touches nothing', async () => {
      const { stores, kept, files } = await backedUpWith(randomBytes(10), randomBytes(10))
      await stores.close()
      const request = { directory: at('new'), from: at('copy'), files, replace: false }
      appendFileSync(kept[0]?.file ?? '', 'x')
      expect(await restoreSqlite(request)).toEqual({
        refused: expect.stringContaining('not as it was written'),
      })
      rmSync(kept[0]?.file ?? '')
      expect(await restoreSqlite(request)).toEqual({ refused: expect.stringContaining('cannot be read') })
      expect(readdirSync(at('new'))).toEqual(['rollcall.lock'])
    })

    it('leaves out what is only staged; a start deletes what a killed process left staged', async () => {
      const stores = await open('data')
      await stores.attachments.stage(
        't',
        'a'.repeat(64),
        Readable.from([randomBytes(9)], { objectMode: true }),
      )
      mkdirSync(at('copy'))
      await stores.upkeep.backup?.(at('copy'))
      expect(readdirSync(at('copy'))).toEqual(['rollcall.db'])
      await stores.close()
      const files = () => readdirSync(at('data/attachments'), { recursive: true, withFileTypes: true })
      expect(files().filter((one) => one.isFile())).toHaveLength(1)
      await (await open('data')).close()
      expect(files().filter((one) => one.isFile())).toEqual([])
    })
  })
})
