/** Group 11 of the acceptance set: related_activities finds an Activity in every place an Activity can stand. */
import { beforeAll, describe, expect, it } from 'vitest'
import { learner, statement } from '../harness/running.ts'
import { endpoint, idsOf, type Json, ownIri, reference } from './endpoint.ts'

const lrs = endpoint()
const wanted = { id: ownIri('activities') }
const verb = { id: ownIri() }
const LISTS = ['parent', 'grouping', 'category', 'other']

const own = (over: Json) => statement({ verb, context: undefined, ...over })
const substatement = (over: Json) =>
  own({
    object: {
      objectType: 'SubStatement',
      actor: learner('x'),
      verb,
      object: { id: ownIri('activities') },
      ...over,
    },
  })
const inList = (list: string, single: boolean) => ({
  contextActivities: { [list]: single ? wanted : [{ id: ownIri('activities') }, wanted] },
})

const object = own({ object: { ...wanted, objectType: 'Activity' } })
const related = [
  ...LISTS.map((list) => [list, own({ context: inList(list, false) })] as const),
  ...LISTS.map((list) => [`${list}, alone`, own({ context: inList(list, true) })] as const),
  ['the object of a SubStatement', substatement({ object: wanted })] as const,
  ...LISTS.map(
    (list) => [`${list} of a SubStatement`, substatement({ context: inList(list, false) })] as const,
  ),
]
const unrelated = own({
  context: { extensions: { [wanted.id]: wanted.id } },
  object: { id: ownIri('activities') },
})

let plainly: readonly unknown[]
let broadly: readonly unknown[]
beforeAll(async () => {
  await lrs.send([object, unrelated, ...related.map(([, one]) => one)])
  plainly = idsOf(await lrs.all({ activity: wanted.id, related_activities: 'false' }))
  broadly = idsOf(await lrs.all({ activity: wanted.id, related_activities: 'true' }))
})

describe('related_activities', () => {
  it('finds the object, with and without it', () => {
    expect(plainly).toEqual([object.id])
    expect(broadly).toContain(object.id)
  })

  it.each(related)('finds %s, and not without it (XAPI-00177)', (_place, { id }) => {
    expect(broadly).toContain(id)
    expect(plainly).not.toContain(id)
  })

  it('does not find an IRI that is no Activity there', () => {
    expect(broadly).not.toContain(unrelated.id)
  })

  it('does not find what context.statement refers to', async () => {
    const beside = own({ object: { id: ownIri('activities') }, context: { statement: reference(object.id) } })
    await lrs.send(beside)
    expect(idsOf(await lrs.all({ activity: wanted.id, related_activities: 'true' }))).not.toContain(beside.id)
  })
})
