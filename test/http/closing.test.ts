/** Closing over HTTP: what is closed stays closed, and everything later is seen beside it (counting §4, rulings 15–17). */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isSealed } from '../../src/evidence/seal.ts'
import { commercialHash, countHash, policySchema } from '../../src/metering/policy.ts'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

const DAY = 86_400_000

let server: Running
/** When the policy was made, as far as it knows: the windows since have ended, and can be closed. */
let made: number
beforeAll(async () => {
  server = await startServer()
  made = server.clock.now() - 45 * DAY
  const { stores } = server.app.lrs
  const [tenant] = await stores.tenants.list()
  const policy = policySchema.parse(POLICY)
  const hashes = { countHash: countHash(policy), commercialHash: commercialHash(policy) }
  const stored = { policy, version: 1, effectiveFrom: null, recorded: made, ...hashes }
  await stores.policies.add(tenant?.id ?? '', stored)
})
afterAll(() => server.stop())

/** Its grace is so long that only we close its windows. */
const POLICY = {
  schema: 1,
  id: 'day',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { days: 1 }, anchor: '2026-01-01', timeZone: 'UTC' },
  close: { graceHours: 24 * 90 },
  limit: { included: 2 },
  price: { surchargePct: 25 },
  alerts: [{ at: '50%' }, { at: '100%' }],
}

interface WindowJson {
  id: string
  status: string
  activeLearners: number
  closedCount: number | null
  asKnownToday: number
  adjustedCount: number | null
  adjustments: { automatic: number; purged: number; manual: number }
}
interface Row {
  learner: string
  token: string
  commitment: string
  firstEvidence: { statementId: string }
}

const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10)
const windowOf = (id: string) => json<WindowJson>(server.api(`/windows/${id}`))
const rowsOf = async (id: string) =>
  (await json<{ items: Row[] }>(server.api(`/windows/${id}/learners?limit=1000`))).items
const use = (name: string, at: number) =>
  statement({ actor: learner(name), timestamp: new Date(at).toISOString() })
const post = (path: string, body: unknown, as?: string) =>
  server.api(path, { method: 'POST', body, ...(as && { as }) })
let day = 0
/** A window of its own for each test, which has ended, with these people in it. */
async function dayWith(names: readonly string[]): Promise<{ id: string; at: number }> {
  day += 1
  const at = made + day * DAY
  if (names.length > 0) await server.send(names.map((name) => use(name, at)))
  await server.counted('day')
  return { id: `day.1.${dateOf(at)}`, at }
}
const closed = async (names: readonly string[]) => {
  const day = await dayWith(names)
  const response = await post(`/windows/${day.id}/close`, { reason: 'invoice is due' })
  expect(response.status).toBe(200)
  return day
}

describe('closing by hand', () => {
  it('closes a window in its grace, once: asked again it says the same (Q13)', async () => {
    const { id } = await dayWith(['ana', 'ben'])
    expect(await windowOf(id)).toMatchObject({ status: 'grace', closedCount: null, adjustedCount: null })
    const first = await json<WindowJson>(post(`/windows/${id}/close`, { reason: 'invoice is due' }))
    expect(first).toMatchObject({ status: 'closed', closedCount: 2, activeLearners: 2, asKnownToday: 2 })
    expect(await json(post(`/windows/${id}/close`, { reason: 'again' }))).toEqual(first)
    const rows = await rowsOf(id)
    expect(rows).toHaveLength(2)
    const csv = await (
      await server.api(`/windows/${id}/learners`, { headers: { Accept: 'text/csv' } })
    ).text()
    expect(csv.trim().split('\r\n')).toHaveLength(3)
  })

  it('seals what it counted: the signature holds, and the root is that of its rows (counting §4.1)', async () => {
    const { id } = await closed(['ana', 'ben', 'cyd'])
    const snapshot = await json<{ content: string; signature: string; publicKey: string }>(
      server.api(`/windows/${id}/snapshot`),
    )
    expect(isSealed(snapshot)).toBe(true)
    expect(isSealed({ ...snapshot, content: snapshot.content.replace('"count":3', '"count":2') })).toBe(false)
    const content = JSON.parse(snapshot.content)
    expect(content).toMatchObject({
      window: id,
      count: 3,
      timeZone: 'UTC',
      tzData: process.versions.tz,
      limit: 2,
      over: 1,
      surchargePct: 25,
      alerts: ['50%', '100%'],
      closedBy: 'admin@example.org',
      reason: 'invoice is due',
    })
    expect(content.cutoff.seq).toBeGreaterThan(0)
    const rows = await rowsOf(id)
    const lines = rows.map(({ token, commitment }) => `${token} ${commitment}\n`)
    expect(lines).toEqual([...lines].sort())
    expect(createHash('sha256').update(lines.join('')).digest('hex')).toBe(content.root)
    expect(JSON.stringify(snapshot)).not.toContain('secret')
  })

  it('refuses a window that has not ended, one that never closes (Q22a), and a request without a reason', async () => {
    const today = `day.1.${dateOf(server.clock.now())}`
    expect((await post(`/windows/${today}/close`, { reason: 'x' })).status).toBe(409)
    const old = await post('/windows/day.1.2026-01-05/close', { reason: 'x' })
    expect(old.status).toBe(409)
    expect(await old.text()).toContain('Q22a')
    const { id } = await dayWith([])
    for (const bad of [{}, { reason: ' ' }, { reason: 'x', colour: 'red' }])
      expect((await post(`/windows/${id}/close`, bad)).status).toBe(400)
    expect((await post('/windows/day.9.2026-01-05/close', { reason: 'x' })).status).toBe(404)
    expect((await windowOf(id)).status).toBe('grace')
  })

  it('is for the roles licence and admin, and every act is noted with author and reason', async () => {
    const { id } = await dayWith(['ana'])
    const reader = await server.credential('report', ['reports'])
    expect((await post(`/windows/${id}/close`, { reason: 'x' }, reader)).status).toBe(403)
    expect((await post(`/windows/${id}/adjustments`, { delta: 1, reason: 'x' }, reader)).status).toBe(403)
    expect((await server.api('/audit/events', { as: reader })).status).toBe(403)
    await post(`/windows/${id}/close`, { reason: 'for the auditor' })
    const { items } = await json<{ items: { act: string; subject: string }[] }>(server.api('/audit/events'))
    expect(items.find(({ subject }) => subject === id)).toMatchObject({
      act: 'close window',
      author: 'admin@example.org',
      reason: 'for the auditor',
    })
  })
})

describe('historical windows', () => {
  it('never closes a historical window (Q22a)', async () => {
    const { items } = await json<{ items: WindowJson[] }>(
      server.api('/windows?policy=day&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z'),
    )
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['historical']))
  })
})

describe('later facts', () => {
  it('a late statement becomes +1 beside the snapshot; who was counted already changes nothing (ruling 15)', async () => {
    const { id, at } = await closed(['ana'])
    const before = await rowsOf(id)
    await server.send([use('ana', at - 1), use('zoe', at)])
    await server.counted('day')
    expect(await windowOf(id)).toMatchObject({
      status: 'closed',
      closedCount: 1,
      activeLearners: 1,
      asKnownToday: 2,
      adjustments: { automatic: 1, purged: 0, manual: 0 },
      adjustedCount: 2,
    })
    expect(await rowsOf(id)).toEqual(before)
    const { items } = await json<{ items: { reason: string; delta: number; learner: string }[] }>(
      server.api(`/windows/${id}/adjustments`),
    )
    expect(items).toMatchObject([{ reason: 'late', delta: 1, kind: 'automatic', author: null }])
    const zoe = await json(server.api(`/windows/${id}/learners/${items[0]?.learner}`))
    expect(zoe).toMatchObject({ counted: false, asKnownToday: true, nearestMiss: { reason: 'late' } })
    const ana = await json(server.api(`/windows/${id}/learners/${before[0]?.learner}`))
    expect(ana).toMatchObject({
      counted: true,
      asKnownToday: true,
      evidence: { statementId: before[0]?.firstEvidence.statementId },
    })
  })

  it('two counted people who turn out to be one are −1, and stay two in the snapshot (Q21)', async () => {
    const { id } = await closed(['one-a', 'one-b'])
    const aliases = [{ identities: [learner('one-a'), learner('one-b')] }]
    expect((await server.api('/aliases', { method: 'PUT', body: aliases })).status).toBe(200)
    await server.counted('day')
    expect(await windowOf(id)).toMatchObject({ closedCount: 2, asKnownToday: 1 })
    const { items } = await json<{ items: unknown[] }>(server.api(`/windows/${id}/adjustments`))
    expect(items).toMatchObject([{ reason: 'merge', delta: -1 }])
    expect(await rowsOf(id)).toHaveLength(2)
  })

  it('who is merged after closing is found under the elder: explained, reconciled on both sides, disputed (F1, F9, F11)', async () => {
    const other = await dayWith(['x-elder'])
    const { id } = await closed(['x-younger', 'x-one', 'x-two', 'x-alone'])
    const [younger] = (await rowsOf(id)).filter((row) => JSON.stringify(row).includes('"x-younger"'))
    const aliases = [
      { identities: [learner('x-elder'), learner('x-younger')] },
      { identities: [learner('x-one'), learner('x-two')] },
    ]
    expect((await server.api('/aliases', { method: 'PUT', body: aliases })).status).toBe(200)
    await server.counted('day')
    const [elder] = (await rowsOf(other.id)).map((row) => row.learner)
    expect(elder).not.toBe(younger?.learner)
    for (const who of [elder, younger?.learner])
      expect(await json(server.api(`/windows/${id}/learners/${who}`))).toMatchObject({
        learner: elder,
        counted: true,
        asKnownToday: true,
        evidence: { statementId: younger?.firstEvidence.statementId },
      })

    const reconciled = (names: readonly string[]) =>
      json<{ onlyListed: unknown[]; onlyCounted: { learner: string }[] }>(
        post(`/windows/${id}/reconcile?homePage=${encodeURIComponent('https://lms.example.org')}`, names),
      )
    // Whichever of their names the LMS knows.
    for (const names of [
      ['x-elder', 'x-one', 'x-alone'],
      ['x-younger', 'x-two', 'x-alone'],
      ['x-elder', 'x-younger', 'x-one', 'x-two', 'x-alone'],
    ])
      expect(await reconciled(names)).toMatchObject({ counted: 3, both: 3, onlyListed: [], onlyCounted: [] })
    const partly = await reconciled(['x-alone', 'x-nobody'])
    expect(partly).toMatchObject({ counted: 3, both: 1, onlyListed: [{ reason: 'never-seen' }] })
    expect(partly.onlyCounted.map(({ learner: who }) => who)).toContain(elder)
    expect(partly.onlyCounted).toHaveLength(2)
    expect(await windowOf(id)).toMatchObject({ closedCount: 4, asKnownToday: 3 })

    const dispute = await post(`/windows/${id}/disputes`, { learner: elder, reason: 'left in May' })
    expect(dispute.status).toBe(201)
    const { id: opened } = (await dispute.json()) as { id: string }
    expect((await post(`/disputes/${opened}`, { state: 'accepted', reason: 'shown' })).status).toBe(200)
    expect(await windowOf(id)).toMatchObject({ closedCount: 4, asKnownToday: 3, adjustedCount: 2 })
  })

  it('who is split off after closing is told so, in the explanation as in the adjustment (F1, F11)', async () => {
    const aliases = [{ identities: [learner('s-one'), learner('s-other')] }]
    await server.api('/aliases', { method: 'PUT', body: aliases })
    const { id } = await closed(['s-one', 's-other'])
    const [row] = await rowsOf(id)
    const { links } = await json<{ links: { id: string }[] }>(server.api(`/learners/${row?.learner}`))
    await server.api(`/aliases/${links[0]?.id}`, { method: 'DELETE' })
    await server.counted('day')
    expect(await windowOf(id)).toMatchObject({ closedCount: 1, asKnownToday: 2 })
    const path = `/windows/${id}/reconcile?homePage=${encodeURIComponent('https://lms.example.org')}`
    const result = await json<{ both: number; onlyListed: { reason: string }[] }>(
      post(path, ['s-one', 's-other']),
    )
    expect(result).toMatchObject({ both: 1, onlyListed: [{ reason: 'split' }], onlyCounted: [] })
  })

  it('an element that turns out to be a plain resource takes off whoever used only that', async () => {
    const day = await dayWith(['kim'])
    const element = `https://lms.example.org/late/${day.id}`
    await server.send(
      statement({
        actor: learner('lou'),
        object: { id: element },
        context: undefined,
        timestamp: new Date(day.at).toISOString(),
      }),
    )
    await server.counted('day')
    await post(`/windows/${day.id}/close`, { reason: 'x' })
    expect(await windowOf(day.id)).toMatchObject({ closedCount: 2, asKnownToday: 2 })
    const entry = { id: element, name: 'Page', kind: 'other', utilizationTracking: 'none' }
    await server.api('/elements', { method: 'PUT', body: [entry] })
    await server.counted('day')
    expect(await windowOf(day.id)).toMatchObject({ closedCount: 2, asKnownToday: 1 })
    const { items } = await json<{ items: unknown[] }>(server.api(`/windows/${day.id}/adjustments`))
    expect(items).toMatchObject([{ reason: 'reclassified', delta: -1 }])
  })
})

describe('corrections by hand', () => {
  it('stand beside both numbers, with author and reason; an id is used once', async () => {
    const { id } = await closed(['ana', 'ben'])
    const correction = { id: 'b7c2f5ce-3f43-4b5a-9a39-0f8a3f2d1c01', delta: -1, reason: 'test account' }
    const made = await post(`/windows/${id}/adjustments`, correction)
    expect(made.status).toBe(201)
    expect(await made.json()).toMatchObject({
      kind: 'manual',
      delta: -1,
      author: 'admin@example.org',
      window: id,
    })
    expect((await post(`/windows/${id}/adjustments`, { ...correction, delta: 9 })).status).toBe(409)
    expect(await windowOf(id)).toMatchObject({
      closedCount: 2,
      asKnownToday: 2,
      adjustments: { automatic: 0, manual: -1 },
      adjustedCount: 1,
    })
  })

  it('are refused with the field that is wrong, and before the window is closed', async () => {
    const { id } = await dayWith(['ana'])
    expect((await post(`/windows/${id}/adjustments`, { delta: 1, reason: 'x' })).status).toBe(409)
    await post(`/windows/${id}/close`, { reason: 'x' })
    const wrong: [unknown, string][] = [
      [{ delta: 0, reason: 'x' }, '$.delta'],
      [{ delta: 1.5, reason: 'x' }, '$.delta'],
      [{ delta: 1 }, '$.reason'],
      [{ delta: 1, reason: 'x', learner: 'nobody' }, '$.learner'],
      [{ delta: 1, reason: 'x', evidence: '4d1f0f5e-7f0d-4c39-8a5d-6a3f6f6b7a11' }, '$.evidence'],
    ]
    for (const [body, path] of wrong) {
      const response = await post(`/windows/${id}/adjustments`, body)
      expect(response.status).toBe(400)
      expect(await response.text()).toContain(path)
    }
    expect(await windowOf(id)).toMatchObject({ adjustments: { manual: 0 } })
  })

  it('a dispute is opened on a counted row, decided once, and accepted becomes an adjustment (F9)', async () => {
    const { id } = await closed(['ana', 'ben'])
    const [row] = await rowsOf(id)
    const opened = await post(`/windows/${id}/disputes`, { learner: row?.learner, reason: 'left in May' })
    expect(opened.status).toBe(201)
    const dispute = (await opened.json()) as { id: string; state: string }
    expect(dispute).toMatchObject({ state: 'open', window: id, decision: null })
    expect((await post(`/windows/${id}/disputes`, { learner: row?.learner, reason: 'again' })).status).toBe(
      409,
    )
    expect((await post(`/windows/${id}/disputes`, { learner: 'nobody', reason: 'x' })).status).toBe(400)
    const decided = await post(`/disputes/${dispute.id}`, { state: 'accepted', reason: 'contract shown' })
    expect(await decided.json()).toMatchObject({ state: 'accepted', decision: { reason: 'contract shown' } })
    expect((await post(`/disputes/${dispute.id}`, { state: 'rejected', reason: 'x' })).status).toBe(409)
    expect((await post('/disputes/none', { state: 'rejected', reason: 'x' })).status).toBe(404)
    expect(await windowOf(id)).toMatchObject({ closedCount: 2, asKnownToday: 2, adjustedCount: 1 })
    expect(await rowsOf(id)).toHaveLength(2)
    const { items } = await json<{ items: unknown[] }>(server.api(`/windows/${id}/disputes`))
    expect(items).toMatchObject([{ id: dispute.id, state: 'accepted' }])
    const { items: adjustments } = await json<{ items: unknown[] }>(server.api(`/windows/${id}/adjustments`))
    expect(adjustments).toMatchObject([
      { id: dispute.id, reason: 'dispute', delta: -1, note: 'contract shown' },
    ])
  })
})

describe('the licence view (A18, F13)', () => {
  it('shows days left and the last three windows with both numbers', async () => {
    const at = server.clock.now() - DAY
    const id = `day.1.${dateOf(at)}`
    await server.send(use('of-yesterday', at))
    await server.counted('day')
    await post(`/windows/${id}/close`, { reason: 'x' })
    await server.send(use('late-one', at))
    const licence = await server.counted('day')
    expect(licence).toMatchObject({ daysLeft: 1, window: { status: 'open' } })
    expect(licence.lastWindows).toHaveLength(3)
    expect(licence.lastWindows).toMatchObject([
      { id, status: 'closed', closedCount: 1, asKnownToday: 2 },
      { status: 'grace', closedCount: null },
      { status: 'grace', closedCount: null },
    ])
  })
})

describe('usage (counting §4.6)', () => {
  it('has one row for each closed window, under a key that names it; as JSON, CSV and meter events', async () => {
    const { id, at } = await closed(['ana', 'ben'])
    await post(`/windows/${id}/adjustments`, { delta: -1, reason: 'test account' })
    type Usage = { window: string; idempotencyKey: string; closedCount: number }
    const { items } = await json<{ items: Usage[] }>(server.api('/usage?policy=day'))
    expect(new Set(items.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(items.length)
    const row = items.find(({ window }) => window === id)
    expect(row).toMatchObject({
      closedCount: 2,
      manual: -1,
      asKnownToday: 2,
      adjustedCount: 1,
      surchargePct: 25,
    })
    expect(row?.idempotencyKey).toMatch(new RegExp(`^[^/]+/day/${dateOf(at)}T00:00:00.000Z$`))
    const csv = await (await server.api('/usage?policy=day', { headers: { Accept: 'text/csv' } })).text()
    expect(csv.trim().split('\r\n')).toHaveLength(items.length + 1)
    const events = await json<{ items: { identifier: string }[] }>(
      server.api('/usage?policy=day&format=stripe'),
    )
    expect(events.items.find(({ identifier }) => identifier === row?.idempotencyKey)).toMatchObject({
      event_name: 'active_learners',
      payload: { stripe_customer_id: 'main', value: '2' },
    })
    expect((await server.api('/usage?policy=day&format=pdf')).status).toBe(400)
  })

  it('a snapshot that differs is nowhere while all is well: metric and work list say so', async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toContain('rollcall_snapshot_mismatches 0')
    expect(await json(server.api('/review'))).toMatchObject({ snapshots: [] })
  })
})
