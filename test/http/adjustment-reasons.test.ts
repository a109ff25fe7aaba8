/** What later acts write beside a closed window: sign, reason and evidence of each (counting §4.4, ruling 16). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdjustmentJson, type Days, daysUnder, groupOf, removed } from '../harness/days.ts'
import { type Running, startServer } from '../harness/running.ts'

let server: Running
let days: Days
/** Does not count what was voided. */
let strict: Days
beforeAll(async () => {
  server = await startServer()
  days = await daysUnder(server, 'day')
  strict = await daysUnder(server, 'strict', { removal: { voided: 'drops' } })
})
afterAll(() => server.stop())

const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
const merge = async (...identities: readonly object[]): Promise<void> => {
  expect((await server.api('/aliases', { method: 'PUT', body: [{ identities }] })).status).toBe(200)
  await server.counted('day')
}
const split = async (learner: string): Promise<void> => {
  const { links } = await json<{ links: { id: string }[] }>(server.api(`/learners/${learner}`))
  expect((await server.api(`/aliases/${links[0]?.id}`, { method: 'DELETE' })).status).toBe(200)
  await server.counted('day')
}
const voiding = (actor: object, statementId: string) => ({
  actor,
  verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
  object: { objectType: 'StatementRef', id: statementId },
})
/** Written so far; the same after everything is counted again. */
async function entries(under: Days, window: string): Promise<readonly AdjustmentJson[]> {
  await under.settled(window)
  const found = await under.adjustments(window)
  const { stores, wake } = server.app.lrs
  const [tenant] = await stores.tenants.list()
  await stores.metering.markAll(tenant?.id ?? '')
  wake()
  await under.settled(window)
  expect(await under.adjustments(window)).toEqual(found)
  return found
}

describe('after closing', () => {
  it('ruling 16: a late statement is +1 «late», with that statement as evidence', async () => {
    const { use, id } = groupOf(server)
    const day = days.next()
    await server.send(use('ana', day.at))
    await days.close(day.id)
    const [late] = await server.send([use('zoe', day.at), use('ana', day.at - 1)])
    const zoe = { kind: 'automatic', reason: 'late', delta: 1, learner: await id('zoe'), author: null }
    expect(await entries(days, day.id)).toMatchObject([{ ...zoe, evidence: { statementId: late } }])
  })

  it('ruling 16: a merge of two counted is −1 «merge» of one of them; of one who is not counted, nothing', async () => {
    const { use, actor, id } = groupOf(server)
    const day = days.next()
    // One after the other: who come together have no elder that a test could know.
    await server.send(use('a', day.at))
    await server.send(use('elsewhere', days.today.at))
    const [second] = await server.send(use('b', day.at))
    await days.close(day.id)
    const b = await id('b')
    await merge(actor('a'), actor('elsewhere'))
    expect(await entries(days, day.id)).toEqual([])
    await merge(actor('a'), actor('b'))
    const off = {
      kind: 'automatic',
      reason: 'merge',
      delta: -1,
      learner: b,
      evidence: { statementId: second },
    }
    expect(await entries(days, day.id)).toMatchObject([off])
    expect(await days.windowOf(day.id)).toMatchObject({ closedCount: 2, asKnownToday: 1 })
  })

  it('ruling 16: a split of one counted is +1 «split» of the one who parts, with their own statement', async () => {
    const { use, actor, id } = groupOf(server)
    const day = days.next()
    await server.send(use('a', day.at))
    const [second] = await server.send(use('b', day.at + 1))
    await merge(actor('a'), actor('b'))
    expect(await days.close(day.id)).toMatchObject({ closedCount: 1 })
    await split(await id('a'))
    const more = { kind: 'automatic', reason: 'split', delta: 1, learner: await id('b') }
    expect(await entries(days, day.id)).toMatchObject([{ ...more, evidence: { statementId: second } }])
    expect(await days.windowOf(day.id)).toMatchObject({ closedCount: 1, asKnownToday: 2 })
  })

  it('ruling 16: when the one who parts takes the evidence along, one is −1 and the other +1, both «split»', async () => {
    const { use, actor, id } = groupOf(server)
    const day = days.next()
    await server.send(use('a', days.today.at))
    await server.counted('day')
    const [only] = await server.send(use('b', day.at))
    await merge(actor('a'), actor('b'))
    const [row] = await days.close(day.id).then(() => days.rows(day.id))
    const a = await id('a')
    expect(row?.learner).toBe(a)
    await split(a)
    const found = await entries(days, day.id)
    expect(new Set(found.map(({ reason, evidence }) => `${reason} ${evidence?.statementId}`))).toEqual(
      new Set([`split ${only}`]),
    )
    expect(new Map(found.map(({ learner, delta }) => [learner, delta]))).toEqual(
      new Map([
        [a, -1],
        [await id('b'), 1],
      ]),
    )
    expect(await days.windowOf(day.id)).toMatchObject({ closedCount: 1, asKnownToday: 1 })
  })

  it('ruling 16: a purge is −1 «purge», a term of its own: as known today stays; of one of two uses, nothing', async () => {
    const { use, element, id } = groupOf(server)
    const day = days.next()
    const second = `${element}/2`
    const [only] = await server.send([
      use('ana', day.at),
      use('ben', day.at),
      use('ben', day.at, { object: { id: second } }),
    ])
    await days.close(day.id)
    const ana = await id('ana')
    await removed(server, { element: second }, 'physical')
    expect(await entries(days, day.id)).toEqual([])
    await removed(server, { learner: ana }, 'physical')
    const gone = { kind: 'purged', reason: 'purge', delta: -1, learner: ana, evidence: { statementId: only } }
    expect(await entries(days, day.id)).toMatchObject([gone])
    const numbers = { closedCount: 2, asKnownToday: 2, adjustedCount: 2 }
    expect(await days.windowOf(day.id)).toMatchObject({
      ...numbers,
      adjustments: { automatic: 0, purged: -1, manual: 0 },
    })
    // The person belongs to the number that is shown, as long as the number does.
    const told = await json(server.api(`/windows/${day.id}/learners/${ana}`))
    expect(told).toMatchObject({ counted: true, asKnownToday: true })
    expect(told).toHaveProperty('text', expect.stringContaining('physically deleted after the window'))
    expect(await json(server.api(`/windows/${days.today.id}/learners/${ana}`))).toMatchObject({
      counted: false,
      nearestMiss: null,
      text: expect.stringContaining('no statement of theirs is stored'),
    })
    // Whoever was purged and comes late takes the purge back: it never was a later fact.
    const [again] = await server.send(use('ana', day.at))
    expect(await entries(days, day.id)).toMatchObject([
      gone,
      { kind: 'purged', reason: 'late', delta: 1, learner: ana, evidence: { statementId: again } },
    ])
    expect(await days.windowOf(day.id)).toMatchObject({
      ...numbers,
      adjustments: { automatic: 0, purged: 0 },
    })
  })

  it('A23: a void is −1 «void» where the policy drops voided statements, and nothing where it counts them', async () => {
    const { use, actor, id } = groupOf(server)
    const [day, other] = [days.next(), strict.next()]
    const [first = '', second = ''] = await server.send([use('ana', day.at), use('ben', other.at)])
    for (const [under, window] of [
      [days, day],
      [strict, other],
    ] as const)
      await under.close(window.id)
    await strict.close(day.id.replace('day', 'strict'))
    await server.send([voiding(actor('ana'), first), voiding(actor('ben'), second)])
    expect(await entries(days, day.id)).toEqual([])
    expect(await entries(strict, day.id.replace('day', 'strict'))).toMatchObject([
      { kind: 'automatic', reason: 'void', delta: -1, learner: await id('ana') },
    ])
    expect(await strict.windowOf(day.id.replace('day', 'strict'))).toMatchObject({ asKnownToday: 0 })
  })

  it('A23: a logical deletion is «void» as well', async () => {
    const { use, id } = groupOf(server)
    const day = strict.next()
    const [only] = await server.send([use('ana', day.at + 1)])
    await strict.close(day.id)
    const ana = await id('ana')
    await removed(server, { learner: ana }, 'logical')
    const off = { kind: 'automatic', reason: 'void', delta: -1, learner: ana }
    const found = (await entries(strict, day.id)).filter(({ learner }) => learner === ana)
    expect(found).toMatchObject([{ ...off, evidence: { statementId: only } }])
  })
})
