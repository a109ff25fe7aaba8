/** What may still change the count of a window that runs, and what stands beside that of one that is closed. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY, type Days, daysUnder, groupOf, removed, type WindowJson } from '../harness/days.ts'
import { type Running, startServer } from '../harness/running.ts'

let server: Running
let days: Days
/** With the 72 hours of grace that policies have unless they say otherwise. */
let graced: Days
beforeAll(async () => {
  server = await startServer()
  days = await daysUnder(server, 'day')
  graced = await daysUnder(server, 'graced', { close: {} }, 7)
})
afterAll(() => server.stop())

const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
const post = (path: string, body: unknown) => server.api(path, { method: 'POST', body })
/** What is counted today, once all that was sent is. */
const active = async () => (await days.settled(days.today.id)).asKnownToday

interface Merge {
  merges: { into: string; from: string[] }[]
  effect: { open: { window: string; change: number }[]; closed: { window: string; change: number }[] }
}
/** As the dry run tells it, then done. */
async function merged(...actors: readonly object[]): Promise<Merge> {
  const body = { aliases: [{ identities: actors }] }
  const told = await json<Merge>(server.api('/aliases', { method: 'PUT', body: { ...body, dryRun: true } }))
  expect((await server.api('/aliases', { method: 'PUT', body })).status).toBe(200)
  return told
}
async function split(learner: string): Promise<void> {
  const { links } = await json<{ links: { id: string }[] }>(server.api(`/learners/${learner}`))
  expect((await server.api(`/aliases/${links[0]?.id}`, { method: 'DELETE' })).status).toBe(200)
}

describe('Q13: a statement that arrives after its window closed', () => {
  it('Q13: within 72 hours of grace it counts; then the window closes by itself, and it is +1 beside the snapshot', async () => {
    const { use } = groupOf(server)
    const now = server.clock.now()
    const dayBefore = (nights: number) => {
      const at = now - nights * DAY
      return { id: `graced.1.${new Date(at).toISOString().slice(0, 10)}`, at }
    }
    // The one ended 0 to 24 hours ago, the other between 96 and 120.
    const [inGrace, over] = [dayBefore(1), dayBefore(5)]
    await server.send([use('ana', inGrace.at), use('ana', over.at)])
    await server.counted('graced')
    // Windows whose grace is over are looked for once a minute.
    server.clock.moveBy(61_000)
    let window: WindowJson
    do window = await graced.settled(over.id)
    while (window.status !== 'closed')
    const rows = await graced.rows(over.id)
    await server.send([use('ben', inGrace.at), use('ben', over.at), use('ana', over.at + 1)])
    expect(await graced.settled(inGrace.id)).toMatchObject({
      status: 'grace',
      asKnownToday: 2,
      closedCount: null,
      adjustments: { automatic: 0 },
    })
    expect(await graced.windowOf(over.id)).toMatchObject({ closedCount: 1, asKnownToday: 2 })
    // Ana was counted already: nothing is written of her.
    expect(await graced.adjustments(over.id)).toMatchObject([
      { kind: 'automatic', reason: 'late', delta: 1, author: null },
    ])
    expect(await graced.rows(over.id)).toEqual(rows)
    expect(await graced.adjustments(inGrace.id)).toEqual([])
  })
})

describe('Q14: a physical delete inside an open window', () => {
  it('Q14: drops the count at once, as its dry run said, and the act tells how many learners it took off', async () => {
    const { use, element } = groupOf(server)
    const elsewhere = { id: `${element}/2` }
    await server.send([
      use('ana', days.today.at),
      use('ben', days.today.at),
      use('ben', days.today.at, { object: elsewhere }),
    ])
    const before = await active()
    const dry = await json<{ leaving: unknown[] }>(
      post('/attempts/delete', { filter: { element }, mode: 'physical', dryRun: true }),
    )
    // Ben still uses the other one.
    expect(dry.leaving).toContainEqual({ window: days.today.id, change: 1 })
    expect(await active()).toBe(before)
    const { done } = await removed(server, { element }, 'physical')
    expect(done.leaving).toEqual(dry.leaving)
    expect(await active()).toBe(before - 1)
    const { items } = await json<{ items: { subject: string }[] }>(server.api('/audit/events'))
    const acts = items.filter(({ subject }) => subject === done.id)
    expect(acts).toMatchObject([
      {
        act: 'delete attempts',
        author: 'admin@example.org',
        reason: 'asked for',
        details: { mode: 'physical', statements: 2, learners: 2, leaving: dry.leaving },
      },
    ])
  })

  it('Q14: what takes nobody off says so, and changes no count', async () => {
    const { use, element } = groupOf(server)
    await server.send([
      use('ana', days.today.at),
      use('ana', days.today.at, { object: { id: `${element}/2` } }),
    ])
    const before = await active()
    const { done } = await removed(server, { element }, 'physical')
    expect(done).toMatchObject({ statements: 1, leaving: [] })
    expect(await active()).toBe(before)
  })
})

describe('Q15: a physical delete after the window closed', () => {
  it('Q15: the closed count stays; only an adjustment with a reason, on request, corrects what is billed', async () => {
    const { use, element, id } = groupOf(server)
    const day = days.next()
    await server.send([use('ana', day.at), use('ben', day.at)])
    await days.close(day.id)
    const [rows, ana] = [await days.rows(day.id), await id('ana')]
    const { dry, done } = await removed(server, { element }, 'physical')
    expect(dry.leaving).not.toContainEqual(expect.objectContaining({ window: day.id }))
    expect(dry.closedWindows).toContainEqual({ window: day.id, change: 2 })
    expect(done.closedWindows).toEqual(dry.closedWindows)
    const kept = { status: 'closed', closedCount: 2, asKnownToday: 2 }
    expect(await days.settled(day.id)).toMatchObject({ ...kept, adjustedCount: 2 })
    expect(await days.rows(day.id)).toEqual(rows)
    expect((await days.windowOf(day.id)).adjustments).toEqual({ automatic: 0, purged: -2, manual: 0 })
    const path = `/windows/${day.id}/adjustments`
    expect((await post(path, { delta: -1, learner: ana })).status).toBe(400)
    expect(await days.windowOf(day.id)).toMatchObject({ ...kept, adjustedCount: 2 })
    expect((await post(path, { delta: -1, learner: ana, reason: 'agreed with the customer' })).status).toBe(
      201,
    )
    expect(await days.windowOf(day.id)).toMatchObject({ ...kept, adjustedCount: 1 })
    expect(await days.rows(day.id)).toEqual(rows)
  })
})

describe('Q16: deleting a learner', () => {
  it('Q16: logically, the learner is in no report and still counts; physically with all attempts, the seat is free', async () => {
    const { use, id } = groupOf(server)
    const [gone = ''] = await server.send([use('ana', days.today.at), use('ben', days.today.at)])
    const before = await active()
    const learner = await id('ana')
    const attempts = async () =>
      (await json<{ items: unknown[] }>(server.api(`/attempts?learner=${learner}`))).items
    expect(await attempts()).toHaveLength(1)
    const hidden = await removed(server, { learner }, 'logical')
    expect(hidden.done).toMatchObject({ statements: 1, learners: 1, leaving: [] })
    expect(await active()).toBe(before)
    expect(await attempts()).toEqual([])
    expect((await server.xapi(`/statements?statementId=${gone}`)).status).toBe(404)
    const counted = async () => (await days.rows(days.today.id)).map((row) => row.learner)
    expect(await counted()).toContain(learner)
    const freed = await removed(server, { learner }, 'physical')
    expect(freed.done.leaving).toContainEqual({ window: days.today.id, change: 1 })
    expect(await active()).toBe(before - 1)
    expect(await counted()).not.toContain(learner)
    // Ben was not meant.
    expect(await counted()).toContain(await id('ben'))
  })
})

describe('Q21: merging and splitting learners', () => {
  it('Q21: an open window is recounted: −1 for two counted who are one, none for one counted, and back by the split', async () => {
    const { use, actor } = groupOf(server)
    await server.send([use('a', days.today.at), use('b', days.today.at)])
    const before = await active()
    const { merges, effect } = await merged(actor('a'), actor('b'))
    expect(effect.open).toContainEqual({ window: days.today.id, change: -1 })
    expect(await active()).toBe(before - 1)
    await merged(actor('a'), actor('never seen'))
    expect(await active()).toBe(before - 1)
    await split(merges[0]?.into ?? '')
    expect(await active()).toBe(before)
  })

  it('Q21: a closed window gets an adjustment only; its snapshot names the links it was made with', async () => {
    const { use, actor } = groupOf(server)
    const [early, late] = [days.next(), days.next()]
    await server.send(['a', 'b'].flatMap((name) => [use(name, early.at), use(name, late.at)]))
    expect(await days.close(early.id)).toMatchObject({ closedCount: 2 })
    const rows = await days.rows(early.id)
    const { merges, effect } = await merged(actor('a'), actor('b'))
    expect(effect.closed).toContainEqual({ window: early.id, change: -1 })
    expect(effect.open).not.toContainEqual(expect.objectContaining({ window: early.id }))
    expect(await days.settled(early.id)).toMatchObject({ closedCount: 2, asKnownToday: 1 })
    expect(await days.rows(early.id)).toEqual(rows)
    expect(await days.close(late.id)).toMatchObject({ closedCount: 1 })
    const aliasesOf = async (id: string): Promise<number> => {
      const { content } = await json<{ content: string }>(server.api(`/windows/${id}/snapshot`))
      return JSON.parse(content).aliases
    }
    expect(await aliasesOf(late.id)).toBeGreaterThan(await aliasesOf(early.id))
    await split(merges[0]?.into ?? '')
    expect(await days.settled(early.id)).toMatchObject({ closedCount: 2, asKnownToday: 2 })
    expect(await days.windowOf(late.id)).toMatchObject({ closedCount: 1, asKnownToday: 2 })
    expect(await days.rows(late.id)).toHaveLength(1)
  })
})

describe('A25: 0 ≤ active ≤ total, and what an open window falls by', () => {
  const figures = async () => {
    const { activeLearners, totalLearners } = (await server.counted('day')) as {
      activeLearners: number
      totalLearners: number
    }
    expect(activeLearners).toBeGreaterThanOrEqual(0)
    expect(activeLearners).toBeLessThanOrEqual(totalLearners)
    return { active: await active(), total: totalLearners }
  }

  it('A25: a resend, a void, a logical delete and a change of the catalogue take nobody off', async () => {
    const { use, element, actor, id } = groupOf(server)
    const plain = { id: `${element}/page` }
    const sent = [
      use('ana', days.today.at),
      use('ben', days.today.at),
      use('cyd', days.today.at, { object: plain, context: undefined }),
    ]
    const [, second] = await server.send(sent)
    const before = await figures()
    const same = async () => expect(await figures()).toEqual(before)
    await server.send([...sent].reverse())
    await same()
    const voiding = {
      actor: actor('ben'),
      verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
      object: { objectType: 'StatementRef', id: second },
    }
    await server.send(voiding)
    await same()
    await removed(server, { learner: await id('ana') }, 'logical')
    await same()
    const entry = { id: plain.id, name: 'Page', kind: 'other' }
    const put = (utilizationTracking: string) =>
      server.api('/elements', { method: 'PUT', body: [{ ...entry, utilizationTracking }] })
    // Its first entry reaches back to the beginning; the second holds from now on (ruling 1).
    expect((await put('complete-on-open')).status).toBe(200)
    await same()
    expect((await put('none')).status).toBe(200)
    await same()
  })

  it('A25: a physical delete, a merge and a correction of the catalogue do, and never below 0 or above the total', async () => {
    const { use, element, actor, id } = groupOf(server)
    const plain = { id: `${element}/page` }
    await server.send([
      ...['ana', 'ben', 'cyd'].map((name) => use(name, days.today.at)),
      use('dan', days.today.at, { object: plain, context: undefined }),
    ])
    const before = await figures()
    await removed(server, { learner: await id('ana') }, 'physical')
    expect(await figures()).toEqual({ active: before.active - 1, total: before.total - 1 })
    await merged(actor('ben'), actor('cyd'))
    expect(await figures()).toEqual({ active: before.active - 2, total: before.total - 2 })
    const entry = { id: plain.id, name: 'Page', kind: 'other', utilizationTracking: 'none' }
    await server.api('/elements', { method: 'PUT', body: [entry] })
    expect(await figures()).toEqual({ active: before.active - 3, total: before.total - 3 })
  })
})
