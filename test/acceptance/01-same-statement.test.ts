/** Group 1 of the acceptance set: a statement that is there already never changes. */
import { describe, expect, it } from 'vitest'
import { learner, statement } from '../harness/running.ts'
import { endpoint, expectRefused, type Json, ownIri } from './endpoint.ts'

const lrs = endpoint()
const textOf = async (id: unknown) => (await lrs.ask({ statementId: String(id) })).text()

const rich = () =>
  statement({
    actor: { ...learner('same'), name: 'Ana' },
    verb: { id: ownIri(), display: { en: 'saw' } },
    object: { objectType: 'Activity', id: ownIri('activities'), definition: { name: { en: 'Fire' } } },
    context: {
      registration: 'c0ffee00-1111-4222-8333-444455556666',
      contextActivities: { parent: [{ id: 'https://example.org/p', definition: { name: { en: 'P' } } }] },
      team: { objectType: 'Group', member: [learner('a'), learner('b')] },
      extensions: { 'https://example.org/x': { a: 1, b: [1, 2] } },
    },
    attachments: [attachment],
  })
const attachment = {
  usageType: 'https://example.org/u',
  display: { en: 'a' },
  contentType: 'text/plain',
  length: 1,
  sha2: 'abcdef0123456789'.repeat(4),
  fileUrl: 'https://example.org/f',
}
type Change = (sent: Json) => Json
const context = (sent: Json) => sent.context as Json

describe.each(['1.0.3', '2.0.0'])('the same id, version %s', (version) => {
  it.each<[string, Change]>([
    ['nothing else', (sent) => sent],
    ['its members in another order', (sent) => Object.fromEntries(Object.entries(sent).reverse())],
    [
      'another verb display',
      (sent) => ({ ...sent, verb: { ...(sent.verb as Json), display: { fr: 'vu' } } }),
    ],
    ['no verb display', (sent) => ({ ...sent, verb: { id: (sent.verb as Json).id } })],
    [
      'another definition',
      (sent) => ({ ...sent, object: { ...(sent.object as Json), definition: { name: { fr: 'Feu' } } } }),
    ],
    [
      'no definition and no objectType of the Activity',
      (sent) => ({ ...sent, object: { id: (sent.object as Json).id } }),
    ],
    [
      'another definition of a context activity, alone',
      (sent) => ({
        ...sent,
        context: { ...context(sent), contextActivities: { parent: { id: 'https://example.org/p' } } },
      }),
    ],
    ['the timestamp in another zone', (sent) => ({ ...sent, timestamp: '2026-03-01T14:30:00+05:30' })],
    ['a stored of its own', (sent) => ({ ...sent, stored: '2020-01-01T00:00:00Z' })],
    ['an authority of its own', (sent) => ({ ...sent, authority: { mbox: 'mailto:x@example.org' } })],
    ['a version', (sent) => ({ ...sent, version: version === '1.0.3' ? '1.0.3' : '2.0.0' })],
    [
      'the members of a Group in another order',
      (sent) => ({
        ...sent,
        context: { ...context(sent), team: { objectType: 'Group', member: [learner('b'), learner('a')] } },
      }),
    ],
    [
      'another display of an attachment',
      (sent) => ({ ...sent, attachments: [{ ...attachment, display: { de: 'b' } }] }),
    ],
  ])('with %s changes nothing and succeeds (1.0.3 Data §2.3.1)', async (_name, change) => {
    const sent = rich()
    await lrs.send(sent, { version })
    const before = await textOf(sent.id)
    const again = await lrs.post(change(sent), { version })
    expect([again.status, await again.clone().text()]).toEqual([200, JSON.stringify([sent.id])])
    expect((await lrs.put(String(sent.id), change(sent), { version })).status).toBe(204)
    expect(await textOf(sent.id)).toBe(before)
  })

  it.each<[string, Change]>([
    ['another actor', (sent) => ({ ...sent, actor: learner('other') })],
    ['another name of the actor', (sent) => ({ ...sent, actor: { ...learner('same'), name: 'Anna' } })],
    ['another verb', (sent) => ({ ...sent, verb: { id: ownIri() } })],
    ['another object', (sent) => ({ ...sent, object: { id: ownIri('activities') } })],
    ['a result', (sent) => ({ ...sent, result: { success: true } })],
    ['no context', (sent) => ({ ...sent, context: undefined })],
    ['another instant', (sent) => ({ ...sent, timestamp: '2026-03-01T09:00:00.001Z' })],
    ['no timestamp', (sent) => ({ ...sent, timestamp: undefined })],
    [
      'one digit of an extension',
      (sent) => ({
        ...sent,
        context: { ...context(sent), extensions: { 'https://example.org/x': { a: 1, b: [1, 3] } } },
      }),
    ],
    ['another attachment', (sent) => ({ ...sent, attachments: [{ ...attachment, length: 2 }] })],
  ])('with %s is 409 and changes nothing', async (_name, change) => {
    const sent = rich()
    await lrs.send(sent, { version })
    const before = await textOf(sent.id)
    await expectRefused(await lrs.post(change(sent), { version }), 409, '$.id')
    await expectRefused(await lrs.put(String(sent.id), change(sent), { version }), 409)
    expect(await textOf(sent.id)).toBe(before)
  })

  it('with other content leaves no trace: not of its verb, not of its people', async () => {
    const sent = rich()
    await lrs.send(sent, { version })
    const stranger = { mbox: 'mailto:stranger-of-group-1@example.org' }
    const verb = { id: ownIri() }
    await expectRefused(await lrs.post({ ...sent, actor: stranger, verb }, { version }), 409)
    expect(await lrs.all({ verb: verb.id })).toEqual([])
    expect(await lrs.all({ agent: JSON.stringify(stranger), related_agents: 'true' })).toEqual([])
  })
})

describe('a statement sent without timestamp', () => {
  it('is the same when it is sent back as it was shown, or as it was sent', async () => {
    const sent = statement({ timestamp: undefined })
    await lrs.send(sent)
    const shown = await lrs.read(sent.id)
    expect(await lrs.send(shown)).toEqual([sent.id])
    expect(await lrs.send(sent)).toEqual([sent.id])
    await expectRefused(await lrs.post({ ...sent, timestamp: '2020-01-01T00:00:00Z' }), 409)
  })
})
