/**
 * The MongoDB store of a contract suite, watched: in the end every query of the suite must have had an index, and on the
 * server of ROLLCALL_TEST_MONGODB its planner must have used one.
 */
import { afterAll, expect } from 'vitest'
import type { MovableClock } from '../../src/clock.ts'
import { systemClock } from '../../src/clock.ts'
import { connect } from '../../src/store/mongo/driver/connection.ts'
import { INDEXES } from '../../src/store/mongo/schema/indexes.ts'
import { ensureSchema } from '../../src/store/mongo/schema/schema.ts'
import { createStores } from '../../src/store/mongo/stores.ts'
import type { Opened } from '../contract/opened.ts'
import { scannedBy } from './explained.ts'
import { newDatabase } from './mongo.ts'
import { type Shape, unserved, watched } from './shapes.ts'

/** Of one document, or of a few. */
const SMALL = new Set('meta allocator epochs journal leases keys probe agenda_jobs policies'.split(' '))

/** The stand-in has no `explain`. */
const EXPLAINS = Boolean(process.env.ROLLCALL_TEST_MONGODB)

/** GridFS looks once whether there is any file. */
const isGridFsAsking = ({ collection, filter }: Shape) =>
  collection.endsWith('.files') && Object.keys(filter).length === 0

const isLarge = (shape: Shape) => !SMALL.has(shape.collection) && !isGridFsAsking(shape)

/** @returns opens a store in a database of its own; to be called once in a test file */
export function watchedMongo(): (clock?: MovableClock) => Promise<Opened> {
  const shapes: Shape[] = []
  const scanned: string[] = []
  afterAll(() => {
    const faults = shapes.filter(isLarge).flatMap((shape) => {
      const why = unserved(shape, INDEXES[shape.collection] ?? [])
      return why === null ? [] : [`${shape.collection} ${why}`]
    })
    expect([...new Set([...faults, ...scanned])].sort()).toEqual([])
    expect(shapes.length).toBeGreaterThan(100)
  })
  return async (clock = systemClock()) => {
    const database = newDatabase()
    const connection = await connect(database.url)
    await ensureSchema(connection.db, INDEXES)
    const own: Shape[] = []
    const { stop, ...ports } = createStores({ db: watched(connection.db, own), clock, sweeps: true })
    const close = async () => {
      await stop()
      shapes.push(...own)
      if (EXPLAINS) scanned.push(...(await scannedBy(connection.db, own.filter(isLarge))))
      await connection.close()
    }
    return {
      stores: { ...ports, close },
      close: async () => {
        await close()
        await database.drop()
      },
    }
  }
}
