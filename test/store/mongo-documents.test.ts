/** A process that ended between a document and the launch it tells of (issue 6, 3): nothing of it is lost. */
import { randomUUID } from 'node:crypto'
import { type Db, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import { documentCollection } from '../../src/store/mongo/schema/document-collections.ts'
import type { StoredDocument, Stores } from '../../src/store/ports.ts'
import type { DocumentPlace } from '../../src/xapi/document.ts'
import { historyOf, NOON, store } from '../contract/evidence.ts'
import { newTenant } from '../contract/opened.ts'
import { newDatabase } from '../harness/mongo.ts'

const ANA = 'mbox:mailto:ana@example.org'
const PLACE: DocumentPlace = {
  resource: 'state',
  activity: 'https://example.org/course',
  agent: ANA,
  registration: '',
  id: 'LMS.LaunchData',
}
const SCOPE = { ...PLACE, registration: null }
const LAUNCH = {
  id: 'launch',
  session: 's-1',
  learner: ANA,
  origin: 'unknown',
  mode: 'Browse',
  at: NOON,
  writtenBy: 'lms',
} as const

const documentOf = (): StoredDocument => ({
  body: new TextEncoder().encode('{}'),
  contentType: 'application/json',
  etag: 'x',
  updated: NOON,
  revision: randomUUID(),
})

describe('a document whose launch is not in the history yet', () => {
  const database = newDatabase()
  const client = new MongoClient(database.url)
  let stores: Stores
  let db: Db
  beforeAll(async () => {
    stores = await openMongo({ url: database.url, clock: systemClock() })
    db = client.db()
  })
  afterAll(async () => {
    await stores.close()
    await client.close()
    await database.drop()
  })

  /** As a process leaves it that ends right after writing the document. */
  const left = async (tenant: string): Promise<StoredDocument> => {
    await store(stores, tenant, [{ ifi: ANA }])
    const document = documentOf()
    await stores.documents.write(tenant, PLACE, document, { expected: null })
    const launch = { recorded: NOON, data: JSON.stringify(LAUNCH) }
    await documentCollection(db).updateOne({ tenant }, { $set: { launch } })
    return document
  }
  const launches = async (tenant: string) => (await historyOf(stores, tenant, ANA)).launches

  it('is finished by whoever overwrites it', async () => {
    const tenant = newTenant()
    const { revision } = await left(tenant)
    expect(await stores.documents.write(tenant, PLACE, documentOf(), { expected: revision })).toBe(true)
    expect(await launches(tenant)).toEqual([LAUNCH])
  })

  it('is finished by whoever removes it, or everything around it', async () => {
    const [one, two] = [newTenant(), newTenant()]
    const { revision } = await left(one)
    expect(await stores.documents.remove(one, PLACE, revision)).toBe(true)
    await left(two)
    await stores.documents.removeAll(two, SCOPE)
    for (const tenant of [one, two]) {
      expect(await launches(tenant)).toEqual([LAUNCH])
      expect(await stores.documents.read(tenant, PLACE)).toBeNull()
    }
  })

  it('is finished by the sweeper when nobody touches it', async () => {
    const tenant = newTenant()
    await left(tenant)
    await vi.waitFor(async () => expect(await launches(tenant)).toEqual([LAUNCH]), { timeout: 20_000 })
    await vi.waitFor(async () =>
      expect(await documentCollection(db).countDocuments({ tenant, launch: { $exists: true } })).toBe(0),
    )
  })
})
