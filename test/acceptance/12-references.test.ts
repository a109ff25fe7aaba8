/** Group 12 of the acceptance set: a statement is found by what the statement it refers to says. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { learner, statement } from '../harness/running.ts'
import { endpoint, idsOf, type Json, ownIri, reference } from './endpoint.ts'

const lrs = endpoint()
const VOIDED = { id: 'http://adlnet.gov/expapi/verbs/voided' }
const referring = (target: unknown, over: Json = {}) =>
  statement({ object: reference(target), context: undefined, actor: learner('teacher'), ...over })
const found = async (query: Record<string, string>) => idsOf(await lrs.all(query))

/** The target and a chain of three that leads to it, nearest first. */
function chain(over: Json): readonly Json[] {
  const target = statement(over)
  const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()]
  return [target, referring(target.id, { id: a }), referring(a, { id: b }), referring(b, { id: c })]
}

/** Every order that three or four things can arrive in. */
function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length < 2) return [items]
  return items.flatMap((item) => orders(items.filter((one) => one !== item)).map((rest) => [item, ...rest]))
}

describe('a statement over three references', () => {
  const ana = { mbox: 'mailto:reference@example.org' }
  const activity = { id: ownIri('activities') }
  const parent = { id: ownIri('activities') }
  const registration = randomUUID()
  const instructor = { mbox: 'mailto:reference-teacher@example.org' }
  const verb = { id: ownIri() }
  it.each<[string, Record<string, string>]>([
    ['verb', { verb: verb.id }],
    ['agent', { agent: JSON.stringify(ana) }],
    ['related_agents', { agent: JSON.stringify(instructor), related_agents: 'true' }],
    ['activity', { activity: activity.id }],
    ['related_activities', { activity: parent.id, related_activities: 'true' }],
    ['registration', { registration }],
    ['all of them', { verb: verb.id, agent: JSON.stringify(ana), activity: activity.id, registration }],
  ])('is found by the %s of the last target (1.0.3 Communication §2.1.3)', async (_name, query) => {
    const over = { verb, actor: ana, object: activity }
    const context = { registration, instructor, contextActivities: { parent } }
    const all = chain({ ...over, context })
    for (const one of all) await lrs.send(one)
    expect((await found(query)).slice(0, 4)).toEqual(all.map(({ id }) => id).reverse())
  })

  it.each(
    [[3, 0, 2, 1], [3, 2, 1, 0], ...orders([0, 1, 2]).map((three) => [...three, 3])].map(
      (order) => [order.join(' '), order] as const,
    ),
  )('is found when they arrive in the order %s', async (_name, order) => {
    const own = { id: ownIri() }
    const all = chain({ verb: own })
    for (const index of order) await lrs.send(all[index])
    expect(new Set(await found({ verb: own.id }))).toEqual(new Set(all.map(({ id }) => id)))
  })

  it('is found when all arrive in one batch, the target first or last', async () => {
    const own = [{ id: ownIri() }, { id: ownIri() }] as const
    const first = chain({ verb: own[0] })
    const last = chain({ verb: own[1] })
    await lrs.send(first)
    await lrs.send([...last].reverse())
    expect(await found({ verb: own[0].id })).toHaveLength(4)
    expect(await found({ verb: own[1].id })).toHaveLength(4)
  })

  it('must fit all filters together, from whichever statement each comes', async () => {
    const own = { id: ownIri() }
    const all = chain({ verb: own, actor: ana })
    for (const one of all) await lrs.send(one)
    const both = { verb: own.id, agent: JSON.stringify(learner('teacher')) }
    expect(new Set(await found(both))).toEqual(new Set(all.slice(1).map(({ id }) => id)))
    expect(await found({ ...both, registration: randomUUID() })).toEqual([])
  })
})

describe('a reference over a voided statement', () => {
  it.each(['before', 'after'])('goes on: the middle is voided %s the rest arrives', async (when) => {
    const own = { id: ownIri() }
    const [target, near, middle, far] = chain({ verb: own }) as [Json, Json, Json, Json]
    const voiding = referring(middle.id, { verb: VOIDED })
    const messages =
      when === 'before' ? [middle, voiding, far, near, target] : [target, near, middle, far, voiding]
    for (const one of messages) await lrs.send(one)
    expect(new Set(await found({ verb: own.id }))).toEqual(new Set([target.id, near.id, far.id, voiding.id]))
  })

  it('finds who refers to a voided target, and the voiding statement, but not the target', async () => {
    const own = { id: ownIri() }
    const target = statement({ verb: own })
    const comment = referring(target.id)
    const voiding = referring(target.id, { verb: VOIDED })
    for (const one of [target, comment, voiding]) await lrs.send(one)
    expect(await found({ verb: own.id })).toEqual([voiding.id, comment.id])
  })
})

describe('references that go in a circle', () => {
  it.each([1, 2, 5])('of %i end, and each is found by what any of them says', async (length) => {
    const ids = Array.from({ length }, () => randomUUID())
    const verbs = ids.map(() => ({ id: ownIri() }))
    for (const [index, id] of ids.entries())
      await lrs.send(referring(ids[(index + 1) % length], { id, verb: verbs[index] }))
    for (const verb of verbs) expect(new Set(await found({ verb: verb.id }))).toEqual(new Set(ids))
  })
})

describe('since, until and limit', () => {
  it('apply to the referring statement, not to its target', async () => {
    const own = { id: ownIri() }
    const target = statement({ verb: own })
    await lrs.send(target)
    const { stored } = await lrs.read(target.id)
    const comment = referring(target.id)
    await lrs.send(comment)
    const verb = own.id
    expect(await found({ verb, since: String(stored) })).toEqual([comment.id])
    expect(await found({ verb, until: String(stored) })).toEqual([target.id])
    expect(idsOf((await lrs.list({ verb, limit: '1' })).statements)).toEqual([comment.id])
    expect(idsOf((await lrs.list({ verb, limit: '1', ascending: 'true' })).statements)).toEqual([target.id])
  })
})

describe('what is no reference', () => {
  it('context.statement does not hand on what its statement says', async () => {
    const own = { id: ownIri() }
    const target = statement({ verb: own })
    await lrs.send([target, statement({ context: { statement: reference(target.id) } })])
    expect(await found({ verb: own.id })).toEqual([target.id])
  })

  it('the StatementRef of a SubStatement does not either', async () => {
    const own = { id: ownIri() }
    const target = statement({ verb: own })
    const sub = {
      objectType: 'SubStatement',
      actor: learner('x'),
      verb: { id: ownIri() },
      object: reference(target.id),
    }
    await lrs.send([target, statement({ object: sub, context: undefined })])
    expect(await found({ verb: own.id })).toEqual([target.id])
  })

  it('a target is not found by what its referrer says', async () => {
    const own = { id: ownIri() }
    const target = statement()
    const comment = referring(target.id, { verb: own })
    await lrs.send([target, comment])
    expect(await found({ verb: own.id })).toEqual([comment.id])
  })

  it('reading only own statements is not widened by references of others', async () => {
    const own = { id: ownIri() }
    const [mine, others] = await Promise.all([
      lrs.server().credential('learner', ['statements/write', 'statements/read/mine']),
      lrs.server().credential('learner', ['statements/write']),
    ])
    const target = statement({ verb: own })
    const comment = referring(target.id)
    await lrs.send(target, { as: mine })
    await lrs.send(comment, { as: others })
    expect(idsOf(await lrs.all({ verb: own.id }, { as: mine }))).toEqual([target.id])
    expect(new Set(await found({ verb: own.id }))).toEqual(new Set([target.id, comment.id]))
  })
})
