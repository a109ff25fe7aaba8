/** MongoDB: the common contract of statements, and what only it promises about its start, its end and its bad days. */
import { type Db, MongoClient, MongoServerError } from 'mongodb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { connectMongo, openMongo } from '../../src/store/mongo/open.ts'
import { INDEXES } from '../../src/store/mongo/schema/indexes.ts'
import { ensureSchema, SCHEMA_VERSION } from '../../src/store/mongo/schema/schema.ts'
import { batchOf, selectionOf, statementOf } from '../contract/statement-fixtures.ts'
import { statementStoreContract } from '../contract/statement-store.ts'
import { newDatabase, type TestDatabase } from '../harness/mongo.ts'
import { watchedMongo } from '../harness/watched-mongo.ts'
import { startWire, type Wire } from '../harness/wire.ts'

/** A database whose user may do everything but make indexes. */
function forbidIndexes(db: Db): Db {
  const createIndexes = () => {
    throw new MongoServerError({ message: 'not authorized on rollcall to execute command', code: 13 })
  }
  return new Proxy(db, {
    get: (target, property) => {
      if (property !== 'collection') return Reflect.get(target, property) as unknown
      return (name: string) => Object.assign(target.collection(name), { createIndexes })
    },
  })
}

const openTemporary = watchedMongo()

statementStoreContract(openTemporary)

describe('the store on MongoDB', () => {
  let database: TestDatabase
  beforeEach(() => {
    database = newDatabase()
  })
  afterEach(() => database.drop())
  const open = (url = database.url) => openMongo({ url, clock: systemClock() })
  const withDb = async (work: (db: ReturnType<MongoClient['db']>) => Promise<unknown>) => {
    const client = new MongoClient(database.url)
    try {
      await work(client.db())
    } finally {
      await client.close()
    }
  }
  const versionOf = async (db: Db) =>
    (await db.collection<{ _id: string; version: number }>('meta').findOne({ _id: 'schema' }))?.version

  it('keeps everything over a restart, and goes on numbering where it stopped', async () => {
    const [a, b] = [statementOf(), statementOf()]
    const first = await open()
    await first.statements.insert('t', batchOf([a]))
    await first.close()
    const second = await open()
    await second.statements.insert('t', batchOf([b]))
    expect((await second.statements.scan('t', 0, 10)).map(({ id }) => id)).toEqual([a.id, b.id])
    await second.close()
  })

  it('lets several processes start on an empty database at the same time', async () => {
    const processes = await Promise.all([open(), open(), open()])
    for (const stores of processes) await stores.close()
  })

  it('refuses data of a newer schema in one sentence, and leaves it as it is', async () => {
    await (await open()).close()
    await withDb((db) =>
      db.collection<{ _id: string }>('meta').updateOne({ _id: 'schema' }, { $set: { version: 99 } }),
    )
    await expect(open()).rejects.toMatchObject({
      code: 'newer-schema',
      message: `The database has schema version 99, this Rollcall knows ${SCHEMA_VERSION}: start a newer Rollcall.`,
    })
  })

  it('refuses to start without an index that its queries need, and says how to make it', async () => {
    const stores = await open()
    await stores.statements.insert('t', batchOf([statementOf()]))
    await stores.close()
    await withDb((db) => db.collection('statements').dropIndex({ tenant: 1, seq: 1 } as never))
    await expect(open()).rejects.toMatchObject({
      code: 'missing-index',
      message: expect.stringContaining('create with db.statements.createIndex({"tenant":1,"seq":1}) and'),
    })
  })

  it('takes no index for a unique one that only has its keys', async () => {
    await (await open()).close()
    await withDb(async (db) => {
      await db.collection('people').dropIndex({ tenant: 1, email: 1 } as never)
      await db.collection('people').createIndex({ tenant: 1, email: 1 })
      await db.collection('people').insertOne({ tenant: 't', email: 'a@example.org' })
    })
    await expect(open()).rejects.toMatchObject({
      code: 'missing-index',
      message: expect.stringContaining('db.people.createIndex({"tenant":1,"email":1}, {"unique":true})'),
    })
  })

  it('makes the missing indexes of what is empty at any start, as of a collection added since', async () => {
    await (await open()).close()
    await withDb(async (db) => {
      await db.collection('statements').dropIndex({ tenant: 1, seq: 1 } as never)
      await db.collection('alerts').drop()
    })
    await (await open()).close()
    await withDb(async (db) => {
      for (const name of ['statements', 'alerts'])
        expect((await db.collection(name).indexes()).length, name).toBe(1 + (INDEXES[name]?.length ?? 0))
    })
  })

  it('says in one sentence which indexes are to be made when its user may make none', async () => {
    const wanted = { places: [{ key: { tenant: 1, name: 1 } }] } as const
    await withDb(async (db) => {
      const forbidding = forbidIndexes(db)
      await expect(ensureSchema(forbidding, wanted, 1)).rejects.toMatchObject({
        code: 'missing-index',
        message:
          'The database lacks the index places {"tenant":1,"name":1}: ' +
          'create with db.places.createIndex({"tenant":1,"name":1}) and start again.',
      })
      expect(await versionOf(db)).toBeUndefined()
      await db.collection('places').createIndex({ tenant: 1, name: 1 })
      await ensureSchema(forbidding, wanted, 1)
      expect(await versionOf(db)).toBe(1)
    })
  })

  it('brings an older database up: makes the indexes of what is new and empty, then raises its version', async () => {
    const older = { people: [{ key: { tenant: 1, email: 1 }, unique: true }] } as const
    const newer = { ...older, places: [{ key: { tenant: 1, name: 1 }, unique: true }] } as const
    await withDb(async (db) => {
      await ensureSchema(db, older, 1)
      await Promise.all([ensureSchema(db, newer, 2), ensureSchema(db, newer, 2)])
      await db.collection('places').insertOne({ tenant: 't', name: 'here' })
      await expect(db.collection('places').insertOne({ tenant: 't', name: 'here' })).rejects.toThrow('E11000')
      expect(await versionOf(db)).toBe(2)
      await expect(ensureSchema(db, older, 1)).rejects.toMatchObject({ code: 'newer-schema' })
    })
  })

  it('never makes an index over what is there: an older database keeps its version, and one sentence says what to do', async () => {
    const older = { people: [{ key: { tenant: 1, email: 1 } }] } as const
    const newer = { people: [...older.people, { key: { tenant: 1, name: 1 }, sparse: true }] } as const
    const newest = { ...newer, places: [{ key: { tenant: 1 } }, { key: { name: 1 } }] } as const
    await withDb(async (db) => {
      await ensureSchema(db, older, 1)
      await db.collection('people').insertOne({ tenant: 't', name: 'Ana' })
      await expect(ensureSchema(db, newer, 2)).rejects.toMatchObject({
        code: 'missing-index',
        message:
          'The database lacks the index people {"tenant":1,"name":1}: ' +
          'create with db.people.createIndex({"tenant":1,"name":1}, {"sparse":true}) and start again.',
      })
      expect(await versionOf(db)).toBe(1)
      await db.collection('people').createIndex({ tenant: 1, name: 1 }, { sparse: true })
      await ensureSchema(db, newer, 2)
      expect(await versionOf(db)).toBe(2)
      await db.collection('places').insertOne({ tenant: 't' })
      const all = ensureSchema(db, newest, 3)
      await expect(all).rejects.toThrow(
        'create with db.places.createIndex({"tenant":1}); db.places.createIndex({"name":1}) and start again.',
      )
    })
  })

  it('says in one sentence that it cannot be reached, without the password of the address', async () => {
    const url = 'mongodb://somebody:secret@127.0.0.1:1/rollcall'
    const failure = await open(url).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^MongoDB cannot be reached at the address in ROLLCALL_STORE: .*\.$/),
    })
    expect(String(failure)).not.toContain('secret')
  })

  it('answers what is being written before it closes, and refuses what comes after', async () => {
    const stores = await open()
    const writing = Array.from({ length: 20 }, () => stores.statements.insert('t', batchOf([statementOf()])))
    await stores.close()
    expect((await Promise.all(writing)).map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: 20 }, () => 'stored'),
    )
    await expect(stores.statements.lastSeq('t')).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('serves other threads by a handle, which see and write the same', async () => {
    const stores = await open()
    const { handle } = stores.share()
    const other = await connectMongo(structuredClone(handle))
    const statement = statementOf()
    await other.statements.insert('t', batchOf([statement]))
    expect((await stores.statements.find('t', statement.id))?.raw).toBe(statement.raw)
    await other.close()
    await stores.close()
  })
})

describe('bad days of MongoDB', () => {
  let database: TestDatabase
  let wire: Wire
  beforeEach(async () => {
    database = newDatabase()
    wire = await startWire(database.url)
  })
  afterEach(async () => {
    await wire.close()
    await database.drop()
  })
  const open = () => openMongo({ url: wire.url, clock: systemClock() })
  const LEFT = { seq: { $exists: false } }

  it('is gone: every call is refused as unavailable, nothing half of it is written, and it goes on without a restart', async () => {
    const stores = await open()
    const [before, during, after] = [statementOf(), statementOf(), statementOf()]
    await stores.statements.insert('t', batchOf([before]))
    wire.cut()
    const refused = await Promise.allSettled([
      stores.statements.insert('t', batchOf([during, statementOf()])),
      stores.statements.find('t', before.id),
      stores.statements.consistentThrough(),
    ])
    for (const outcome of refused)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } })
    wire.mend()
    expect(await stores.statements.insert('t', batchOf([after]))).toMatchObject({ outcome: 'stored' })
    expect(await stores.statements.find('t', during.id)).toBeNull()
    expect((await stores.statements.select('t', selectionOf())).items.map(({ id }) => id)).toEqual([
      before.id,
      after.id,
    ])
    await stores.close()
  }, 60_000)

  it('breaks the connection in the middle of commands: every batch is whole or not there, and all of it once', async () => {
    const stores = await open()
    const batches = Array.from({ length: 12 }, () => [statementOf(), statementOf(), statementOf()])
    for (const [n, batch] of batches.entries()) {
      wire.breakAfter(50 + n * 700)
      const outcome = await stores.statements.insert('t', batchOf(batch)).catch(() => null)
      const there = await Promise.all(batch.map(({ id }) => stores.statements.find('t', id)))
      expect(new Set(there.map((one) => one !== null)).size).toBe(1)
      if (outcome) expect(there[0]).not.toBeNull()
      else await stores.statements.insert('t', batchOf(batch))
    }
    expect(await stores.statements.scan('t', 0, 100)).toHaveLength(36)
    await stores.close()
    const client = new MongoClient(database.url)
    expect(await client.db().collection('statements').countDocuments(LEFT)).toBe(0)
    await client.close()
  }, 60_000)

  it('answers slowly: nothing is lost or written twice, and what is read is true', async () => {
    const stores = await open()
    wire.slow(40)
    const batches = Array.from({ length: 10 }, () => [statementOf(), statementOf()])
    const outcomes = await Promise.all(batches.map((batch) => stores.statements.insert('t', batchOf(batch))))
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(batches.map(() => 'stored'))
    expect(await stores.statements.scan('t', 0, 100)).toHaveLength(20)
    await stores.close()
  })
})
