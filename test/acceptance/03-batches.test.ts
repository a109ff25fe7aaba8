/**
 * Group 3 of the acceptance set: of a batch everything is stored, or nothing. That this holds when the process is killed in its
 * middle is proven in test/e2e/kill.test.ts (statements) and test/e2e/uploads.test.ts (attachments).
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { learner, statement } from '../harness/running.ts'
import { endpoint, expectRefused, idsOf, type Json, ownIri, reference } from './endpoint.ts'
import { attachmentOf, bytesPart, jsonPart, multipart, multipartType, type RawPart } from './multipart.ts'

const lrs = endpoint()

const sendParts = (parts: readonly RawPart[], version: string) =>
  lrs.server().xapi('/statements', {
    method: 'POST',
    body: multipart(parts),
    version,
    headers: multipartType(),
  })

/** How many attachments lie beside the database (SQLite; MongoDB's are looked at in test/contract/attachments). */
function files(): number {
  const directory = join(lrs.server().directory, 'attachments')
  return existsSync(directory)
    ? readdirSync(directory).flatMap((one) => readdirSync(join(directory, one))).length
    : 0
}

/** A batch that leaves a trace wherever a batch can: statements, people, a definition, bytes, and a void. */
function tracing() {
  const bytes = randomBytes(100)
  const target = statement()
  const activity = ownIri('activities')
  const actor = learner(randomUUID())
  const defining = statement({
    actor: { ...actor, name: 'Ana' },
    object: { id: activity, definition: { name: { en: 'Fire' } } },
  })
  const bringing = statement({ attachments: [attachmentOf(bytes)] })
  const voiding = statement({
    verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
    object: reference(target.id),
  })
  return { bytes, target, activity, actor, batch: [defining, bringing, voiding], kept: files() }
}

async function expectNoTrace({ target, activity, actor, batch, kept }: ReturnType<typeof tracing>) {
  for (const { id } of batch) expect(await lrs.statusOf(id)).toBe(404)
  expect(await lrs.statusOf(target.id)).toBe(200)
  const agent = JSON.stringify(actor)
  expect(await lrs.all({ agent, related_agents: 'true' })).toEqual([])
  const person = await lrs.server().xapi(`/agents?${new URLSearchParams({ agent })}`)
  expect(await person.json()).not.toHaveProperty('name')
  const described = await lrs.server().xapi(`/activities?${new URLSearchParams({ activityId: activity })}`)
  expect(await described.json()).toEqual({ objectType: 'Activity', id: activity })
  expect(files()).toBe(kept)
}

/** Statements none of which may come in, and the parts they bring. `path`: where the refusal points, in the statement. */
interface Spoiling {
  readonly status: number
  readonly path: string
  readonly make: () => Promise<{ one: Json; parts?: readonly RawPart[] }>
}

const JWS = ['{"alg":"RS256"}', '{"id":"other"}', 'x'].map((part) => Buffer.from(part).toString('base64url'))

const SPOILING: readonly [string, Spoiling][] = [
  [
    'an invalid statement',
    { status: 400, path: '.verb', make: async () => ({ one: statement({ verb: undefined }) }) },
  ],
  [
    'a statement with null',
    { status: 400, path: '.result', make: async () => ({ one: statement({ result: null }) }) },
  ],
  [
    'something that is no statement',
    { status: 400, path: '', make: async () => ({ one: 7 as unknown as Json }) },
  ],
  [
    'a statement whose id is taken',
    {
      status: 409,
      path: '.id',
      make: async () => {
        const stored = statement()
        await lrs.send(stored)
        return { one: { ...stored, actor: learner(randomUUID()) } }
      },
    },
  ],
  [
    'an attachment whose bytes are missing',
    {
      status: 400,
      path: '.attachments[0]',
      make: async () => ({ one: statement({ attachments: [attachmentOf(randomBytes(10))] }) }),
    },
  ],
  [
    'a bad signature',
    {
      status: 400,
      path: '.attachments[0]',
      make: async () => {
        const bytes = Buffer.from(JWS.join('.'))
        const usageType = 'http://adlnet.gov/expapi/attachments/signature'
        const signature = attachmentOf(bytes, { usageType, contentType: 'application/octet-stream' })
        return { one: statement({ attachments: [signature] }), parts: [bytesPart(bytes)] }
      },
    },
  ],
]

describe.each(['1.0.3', '2.0.0'])('a batch, version %s', (version) => {
  describe.each(SPOILING)('with %s', (_name, { status, path, make }) => {
    it.each([0, 2, 3])('at place %i is refused, and nothing of it is stored', async (place) => {
      const traced = tracing()
      await lrs.send(traced.target)
      const { one, parts = [] } = await make()
      const batch: Json[] = [...traced.batch]
      batch.splice(place, 0, one)
      const whole = [jsonPart(batch), bytesPart(traced.bytes), ...parts]
      await expectRefused(await sendParts(whole, version), status, `$[${place}]${path}`)
      await expectNoTrace(traced)
      // It was that one statement, and the refusal has left nothing behind that keeps the others out.
      const good = await sendParts([jsonPart(traced.batch), bytesPart(traced.bytes)], version)
      expect([good.status, await good.json()]).toEqual([200, idsOf(traced.batch)])
      expect(await lrs.statusOf(traced.target.id)).toBe(404)
    })
  })

  it('with bytes that are not those of their hash is refused, and nothing of it is stored', async () => {
    const traced = tracing()
    await lrs.send(traced.target)
    const sha2 = createHash('sha256').update(traced.bytes).digest('hex')
    const other = bytesPart(randomBytes(100), { 'X-Experience-API-Hash': sha2 })
    await expectRefused(await sendParts([jsonPart(traced.batch), other], version), 400, 'part 2')
    await expectNoTrace(traced)
  })

  it('with the same id twice is refused, whatever its case and however equal (2.0.0 §4.1.6.1)', async () => {
    const one = statement()
    const again = { ...one, id: String(one.id).toUpperCase() }
    for (const second of [one, again, { ...again, actor: learner('other') }])
      await expectRefused(await lrs.post([statement(), one, second], { version }), 400, '$[2].id')
    expect(await lrs.statusOf(one.id)).toBe(404)
  })

  it('is answered with the ids in its order, those it did not have and those known before included', async () => {
    const known = statement()
    await lrs.send(known)
    const ids = [randomUUID(), randomUUID(), randomUUID()].sort().reverse()
    const [first, second, third] = ids.map((id) => statement({ id }))
    const batch = [first, statement({ id: undefined }), known, second, third]
    const answered = await lrs.send(batch, { version })
    expect(answered).toEqual([ids[0], expect.stringMatching(/^[0-9a-f-]{36}$/), known.id, ids[1], ids[2]])
    expect((await lrs.read(answered[1])).id).toBe(answered[1])
  })

  it('of nothing is stored: an empty array in answer to an empty array', async () => {
    const response = await lrs.post([], { version })
    expect([response.status, await response.json()]).toEqual([200, []])
  })
})

describe('a batch of 1,500 statements', () => {
  it('is stored whole, its ids in order, and found page by page', async () => {
    const verb = { id: ownIri() }
    const batch = Array.from({ length: 1_500 }, () => statement({ verb }))
    expect(await lrs.send(batch)).toEqual(idsOf(batch))
    const found = await lrs.all({ verb: verb.id })
    expect(new Set(idsOf(found))).toEqual(new Set(idsOf(batch)))
    expect(found).toHaveLength(batch.length)
  })

  it('is refused whole for the last one', async () => {
    const verb = { id: ownIri() }
    const taken = statement()
    await lrs.send(taken)
    const batch = [...Array.from({ length: 1_499 }, () => statement({ verb })), { ...taken, verb }]
    await expectRefused(await lrs.post(batch), 409, '$[1499].id')
    expect(await lrs.all({ verb: verb.id })).toEqual([])
  })
})
