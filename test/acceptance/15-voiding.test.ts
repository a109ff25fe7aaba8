/** Group 15 of the acceptance set: a voided statement is gone from every answer but one, in whatever order things arrive. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { endpoint, expectRefused, idsOf, type Json, ownIri, reference } from './endpoint.ts'

const lrs = endpoint()
const VOIDED = { id: 'http://adlnet.gov/expapi/verbs/voided' }
const voiding = (target: unknown, over: Json = {}) =>
  statement({ verb: VOIDED, object: reference(target), context: undefined, ...over })

describe('a voided statement', () => {
  it.each<[string, (target: Json, by: Json) => unknown[]]>([
    ['after its target', (target, by) => [target, by]],
    ['before its target', (target, by) => [by, target]],
    ['in the batch of its target, behind it', (target, by) => [[target, by]]],
    ['in the batch of its target, before it', (target, by) => [[by, target]]],
  ])('is hidden when its voiding statement comes %s (XAPI-00019)', async (_name, requests) => {
    const verb = { id: ownIri() }
    const [target, other] = [statement({ verb }), statement({ verb })]
    const by = voiding(target.id)
    for (const body of [other, ...requests(target, by)]) await lrs.send(body)
    expect(await lrs.statusOf(target.id)).toBe(404)
    expect(await lrs.statusOf(target.id, 'voidedStatementId')).toBe(200)
    // The voiding statement is found by what its target says; the target is not.
    expect(new Set(idsOf(await lrs.all({ verb: verb.id })))).toEqual(new Set([other.id, by.id]))
  })

  it.each(['exact', 'ids', 'canonical'])(
    'is given as %s by voidedStatementId, also with attachments',
    async (format) => {
      const target = statement()
      await lrs.send([target, voiding(target.id)])
      const asked = { voidedStatementId: String(target.id), format }
      const plain = await lrs.ask(asked)
      expect(plain.headers.get('content-type')).toMatch(/^application\/json/)
      expect(((await plain.json()) as Json).id).toBe(target.id)
      const whole = await lrs.ask({ ...asked, attachments: 'true' })
      expect(whole.headers.get('content-type')).toMatch(/^multipart\/mixed; boundary=/)
      expect(await whole.text()).toContain(String(target.id))
    },
  )

  it('keeps its id: the same statement again is answered as before and stays voided, another one conflicts', async () => {
    const target = statement()
    await lrs.send([target, voiding(target.id)])
    expect(await lrs.send(target)).toEqual([target.id])
    expect(await lrs.statusOf(target.id)).toBe(404)
    await expectRefused(await lrs.post({ ...target, verb: { id: ownIri() } }), 409)
  })
})

describe('voiding', () => {
  it('takes an id that nobody knows (2.0.0 §4.2.5)', async () => {
    for (const version of ['1.0.3', '2.0.0'])
      expect((await lrs.post(voiding(randomUUID()), { version })).status).toBe(200)
  })

  it('names its target in either case', async () => {
    const target = statement()
    await lrs.send([target, voiding(String(target.id).toUpperCase())])
    expect(await lrs.statusOf(target.id)).toBe(404)
  })

  it('never voids a voiding statement: it stays readable, and its target stays voided (XAPI-00018)', async () => {
    const target = statement()
    const first = voiding(target.id)
    for (const one of [target, first, voiding(first.id)]) await lrs.send(one)
    expect(await lrs.statusOf(first.id)).toBe(200)
    expect(await lrs.statusOf(first.id, 'voidedStatementId')).toBe(404)
    expect(await lrs.statusOf(target.id)).toBe(404)
    expect(await lrs.statusOf(target.id, 'voidedStatementId')).toBe(200)
  })

  it('needs a StatementRef as its object, and nothing is stored without (XAPI-00017)', async () => {
    const wrong = statement({ verb: VOIDED })
    await expectRefused(await lrs.post(wrong), 400, '$.object.objectType')
    expect(await lrs.statusOf(wrong.id)).toBe(404)
  })

  it('in a SubStatement voids nothing', async () => {
    const target = statement()
    const said = statement({
      object: { objectType: 'SubStatement', actor: target.actor, verb: VOIDED, object: reference(target.id) },
      context: undefined,
    })
    await lrs.send([target, said])
    expect(await lrs.statusOf(target.id)).toBe(200)
  })
})

describe('voidedStatementId', () => {
  it('answers 404 to what is not voided, and to what is not there (XAPI-00157)', async () => {
    const [id] = await lrs.send(statement())
    expect(await lrs.statusOf(id, 'voidedStatementId')).toBe(404)
    expect(await lrs.statusOf(randomUUID(), 'voidedStatementId')).toBe(404)
  })

  it('is refused beside statementId, and beside every filter (XAPI-00150)', async () => {
    const id = randomUUID()
    await expectRefused(await lrs.ask({ statementId: id, voidedStatementId: id }), 400)
    for (const beside of [
      { verb: ownIri() },
      { since: '2026-01-01T00:00:00Z' },
      { limit: '1' },
      { ascending: 'true' },
      { related_agents: 'true' },
    ]) {
      const [name] = Object.keys(beside)
      await expectRefused(await lrs.ask({ voidedStatementId: id, ...beside }), 400, `?${name}`)
    }
  })
})
