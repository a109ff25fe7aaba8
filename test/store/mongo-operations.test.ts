/** MongoDB: the common contract of what an operator needs, and what only it promises of it. */
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import { operationsContract } from '../contract/operations.ts'
import { newDatabase } from '../harness/mongo.ts'
import { watchedMongo } from '../harness/watched-mongo.ts'
import { startWire } from '../harness/wire.ts'

const openTemporary = watchedMongo()

operationsContract(openTemporary)

describe('upkeep of MongoDB', () => {
  it('leaves backups to its own tools (docs/operations.md)', async () => {
    const { stores, close } = await openTemporary()
    expect(stores.upkeep.backup).toBeNull()
    await close()
  })

  it('says how many bytes the data takes', async () => {
    const { stores, close } = await openTemporary()
    await stores.upkeep.probe()
    expect((await stores.upkeep.size()).bytes).toBeGreaterThan(0)
    await close()
  })

  it('fails the probe as unavailable while the server is gone, and passes it when it is back', async () => {
    const database = newDatabase()
    const wire = await startWire(database.url)
    const stores = await openMongo({ url: wire.url, clock: systemClock() })
    wire.cut()
    await expect(stores.upkeep.probe()).rejects.toMatchObject({ code: 'unavailable' })
    wire.mend()
    await stores.upkeep.probe()
    await stores.close()
    await wire.close()
    await database.drop()
  })
})
