/**
 * A server whose MongoDB goes away and comes back: honest answers meanwhile, nothing half done, no restart. Its only engine:
 * the bad days of the embedded store are those of its disk (disk-full.test.ts). Faults at every single call, a full disk of
 * the database among them, are forced in test/store/mongo-interleavings.test.ts and mongo-metering-faults.test.ts.
 */
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

it('answers 503 with Retry-After while the database is gone, says that it is not ready, then stores and counts as before', async () => {
  await server.api('/policies', { method: 'POST', body: POLICY })
  await server.send(statement({ actor: learner('before') }))
  const batch = [statement({ actor: learner('during') }), statement({ actor: learner('during') })]
  const post = () => server.xapi('/statements', { method: 'POST', body: JSON.stringify(batch) })

  wire.cut()
  const [refused, read, ready] = await Promise.all([
    post(),
    server.xapi('/statements'),
    fetch(`${server.url}/ready`),
  ])
  expect([refused.status, read.status]).toEqual([503, 503])
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { ready: false, reason: 'the store cannot be written' },
  ])
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
  // What cannot be looked up just now is left out; that the store is gone is told.
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  expect(metrics).toMatch(/^rollcall_ready 0$/m)
  expect(metrics).toMatch(/^rollcall_refusals_total\{reason="unavailable"\} [1-9]/m)
  expect(metrics).not.toMatch(/^rollcall_count_lag_seconds \d/m)

  wire.mend()
  await expect.poll(async () => (await fetch(`${server.url}/ready`)).status, { timeout: 20_000 }).toBe(200)
  expect((await server.xapi(`/statements?statementId=${batch[0]?.id}`)).status).toBe(404)
  expect((await post()).status).toBe(200)
  expect(await server.counted('year')).toMatchObject({ activeLearners: 2 })
}, 90_000)

it('answers 200 or 503 while connections break in the middle of commands and answers come late, and every batch is whole', async () => {
  await server.api('/policies', { method: 'POST', body: POLICY })
  const batches = Array.from({ length: 12 }, (_, n) => [
    statement({ actor: learner(`u-${n}`) }),
    statement({ actor: learner(`u-${n}`) }),
  ])
  wire.slow(15)
  for (const [n, batch] of batches.entries()) {
    wire.breakAfter(50 + n * 900)
    const post = () => server.xapi('/statements', { method: 'POST', body: JSON.stringify(batch) })
    let answer = await post()
    while (answer.status !== 200) {
      expect([answer.status, answer.headers.has('Retry-After')]).toEqual([503, true])
      answer = await post()
    }
  }
  wire.slow(0)
  expect(await server.counted('year')).toMatchObject({ activeLearners: batches.length })
  const { statements } = (await (await server.xapi('/statements?limit=100')).json()) as {
    statements: unknown[]
  }
  expect(statements).toHaveLength(2 * batches.length)
}, 90_000)
