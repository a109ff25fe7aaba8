/** Group 4 of the acceptance set: where letters may differ by case, and where they may not. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { endpoint, expectRefused, idsOf, type Json, ownIri, reference } from './endpoint.ts'

const lrs = endpoint()

describe('an id in upper and in lower case', () => {
  it('is the same statement: sent again, put, read, voided', async () => {
    const sent = statement()
    const upper = String(sent.id).toUpperCase()
    await lrs.send(sent)
    expect(await lrs.send({ ...sent, id: upper })).toEqual([sent.id])
    expect((await lrs.put(upper, sent)).status).toBe(204)
    expect(await lrs.statusOf(upper)).toBe(200)
    await expectRefused(await lrs.post({ ...sent, id: upper, verb: { id: ownIri() } }), 409)
    const voiding = { id: 'http://adlnet.gov/expapi/verbs/voided' }
    await lrs.send(statement({ verb: voiding, object: reference(upper), context: undefined }))
    expect(await lrs.statusOf(sent.id)).toBe(404)
    expect(await lrs.statusOf(upper, 'voidedStatementId')).toBe(200)
  })

  it('stands twice in a batch, which is refused whole', async () => {
    const sent = statement()
    const twice = [sent, { ...sent, id: String(sent.id).toUpperCase() }]
    await expectRefused(await lrs.post(twice), 400, '$[1].id')
    expect(await lrs.statusOf(sent.id)).toBe(404)
  })

  it('of a registration and of a StatementRef is the same', async () => {
    const registration = randomUUID()
    const [id] = await lrs.send(statement({ context: { registration: registration.toUpperCase() } }))
    expect(idsOf(await lrs.all({ registration }))).toEqual([id])
    expect(idsOf(await lrs.all({ registration: registration.toUpperCase() }))).toEqual([id])
  })

  it('is shown as it was sent', async () => {
    const upper = randomUUID().toUpperCase()
    await lrs.send(statement({ id: upper }))
    expect((await lrs.read(upper)).id).toBe(upper)
  })
})

describe('an identifier of an agent', () => {
  const foundBy = async (sent: Json, asked: Json): Promise<boolean> => {
    const [id] = await lrs.send(statement({ actor: sent }))
    return idsOf(await lrs.all({ agent: JSON.stringify(asked) })).includes(id)
  }

  it.each<[string, Json, Json]>([
    ['a mail domain', { mbox: 'mailto:Case4@Example.ORG' }, { mbox: 'mailto:Case4@example.org' }],
    [
      'the hex digits of a hash',
      { mbox_sha1sum: 'ABCDEF0123456789ABCDEF0123456789ABCDEF01' },
      { mbox_sha1sum: 'abcdef0123456789abcdef0123456789abcdef01' },
    ],
    [
      'scheme and host of a homePage',
      { account: { homePage: 'HTTPS://LMS.Example.org/case', name: 'u' } },
      { account: { homePage: 'https://lms.example.org/case', name: 'u' } },
    ],
  ])('is the same in either case: %s', async (_name, sent, asked) => {
    expect(await foundBy(sent, asked)).toBe(true)
  })

  it.each<[string, Json, Json]>([
    [
      'the local part of a mailbox',
      { mbox: 'mailto:Local4@example.org' },
      { mbox: 'mailto:local4@example.org' },
    ],
    [
      'the name of an account',
      { account: { homePage: 'https://lms.example.org', name: 'Name4' } },
      { account: { homePage: 'https://lms.example.org', name: 'name4' } },
    ],
    [
      'the path of a homePage',
      { account: { homePage: 'https://lms.example.org/Path4', name: 'u' } },
      { account: { homePage: 'https://lms.example.org/path4', name: 'u' } },
    ],
  ])('is another one in another case: %s', async (_name, sent, asked) => {
    expect(await foundBy(sent, asked)).toBe(false)
  })
})
