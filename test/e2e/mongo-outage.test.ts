/** A server whose MongoDB goes away and comes back: honest answers meanwhile, nothing half done, no restart. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newDatabase, type TestDatabase } from '../harness/mongo.ts'
import { learner, type Running, startServer, statement } from '../harness/running.ts'
import { startWire, type Wire } from '../harness/wire.ts'

let database: TestDatabase
let wire: Wire
let server: Running
beforeEach(async () => {
  database = newDatabase()
  wire = await startWire(database.url)
  server = await startServer({ ROLLCALL_STORE: wire.url })
})
afterEach(async () => {
  await server.stop()
  await wire.close()
  await database.drop()
})

const POLICY = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}

it('answers 503 with Retry-After while the database is gone, then stores and counts as before', async () => {
  await server.api('/policies', { method: 'POST', body: POLICY })
  await server.send(statement({ actor: learner('before') }))
  const batch = [statement({ actor: learner('during') }), statement({ actor: learner('during') })]
  const post = () => server.xapi('/statements', { method: 'POST', body: JSON.stringify(batch) })

  wire.cut()
  const refused = await post()
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  const read = await server.xapi('/statements')
  expect(read.status).toBe(503)

  wire.mend()
  expect((await server.xapi(`/statements?statementId=${batch[0]?.id}`)).status).toBe(404)
  expect((await post()).status).toBe(200)
  expect(await server.counted('year')).toMatchObject({ activeLearners: 2 })
}, 90_000)
