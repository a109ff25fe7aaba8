/** A whole session of TinCanJS, what most published Tin Can packages speak with. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LEARNER, type Running, startServer } from '../harness/running.ts'
import { answered, TinCan, type TinCanStatement } from './tincan.ts'

interface Document {
  readonly contents: unknown
  readonly etag: string
}

interface Found {
  readonly statements: readonly TinCanStatement[]
  readonly more: string | null
}

const actor = { mbox: `mailto:${randomUUID()}@example.org`, name: 'Ben' }
const activity = new TinCan.Activity({ id: `https://lms.example.org/c/${randomUUID()}` })
const agent = new TinCan.Agent(actor)

describe('TinCanJS', () => {
  let server: Running
  let lrs: InstanceType<typeof TinCan.LRS>
  beforeAll(async () => {
    server = await startServer()
    lrs = new TinCan.LRS({
      endpoint: `${server.url}/xapi/`,
      auth: LEARNER,
      version: '1.0.2',
      allowFail: false,
    })
  })
  afterAll(() => server.stop())

  const statement = (over: object = {}) =>
    new TinCan.Statement({
      id: randomUUID(),
      actor,
      verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' },
      target: activity,
      ...over,
    })
  const save = (one: TinCanStatement) => answered((callback) => lrs.saveStatement(one, { callback }))

  it('saves statements and pages through them', async () => {
    const sent = [statement(), statement(), statement()]
    for (const one of sent) await save(one)
    const first = await answered<Found>((callback) =>
      lrs.queryStatements({ params: { agent, limit: 2 }, callback }),
    )
    const { more } = first
    const second = await answered<Found>((callback) => lrs.moreStatements({ url: more, callback }))
    const ids = [...first.statements, ...second.statements].map(({ id }) => id)
    expect(ids).toEqual(sent.map(({ id }) => id).reverse())
  })

  it('sends an attachment and gets the same bytes back', async () => {
    // ASCII: in Node it sends every body as UTF-8 text.
    const bytes = new TextEncoder().encode('a line\r\n--another\r\n\0')
    const attachment = new TinCan.Attachment({
      usageType: 'http://id.tincanapi.com/attachment/supporting_media',
      display: { en: 'A photo' },
      contentType: 'application/octet-stream',
      content: bytes.buffer,
    })
    const sent = statement({ attachments: [attachment] })
    await save(sent)
    const got = await answered<TinCanStatement>((callback) =>
      lrs.retrieveStatement(sent.id, { params: { attachments: true }, callback }),
    )
    expect(new Uint8Array(got.attachments?.[0]?.content as ArrayBuffer)).toEqual(bytes)
  })

  it('keeps state, and refuses to overwrite a state it has not seen', async () => {
    const at = { activity, agent, contentType: 'application/json' }
    await answered((callback) => lrs.saveState('bookmark', { page: 3 }, { ...at, callback }))
    const seen = await answered<Document>((callback) => lrs.retrieveState('bookmark', { ...at, callback }))
    expect(seen.contents).toEqual({ page: 3 })
    const next = { ...at, lastSHA1: seen.etag }
    await answered((callback) => lrs.saveState('bookmark', { page: 4 }, { ...next, callback }))
    await expect(
      answered((callback) => lrs.saveState('bookmark', { page: 9 }, { ...next, callback })),
    ).rejects.toThrow('412')
    const kept = await answered<Document>((callback) => lrs.retrieveState('bookmark', { ...at, callback }))
    expect(kept.contents).toEqual({ page: 4 })
    await answered((callback) => lrs.dropState('bookmark', { ...at, callback }))
    expect(await answered((callback) => lrs.retrieveState('bookmark', { ...at, callback }))).toBeNull()
  })

  it('keeps agent profiles', async () => {
    const at = { agent, contentType: 'application/json' }
    await answered((callback) =>
      lrs.saveAgentProfile(
        'settings',
        { audio: 'on' },
        { ...at, requestHeaders: { 'If-None-Match': '*' }, callback },
      ),
    )
    const seen = await answered<Document>((callback) =>
      lrs.retrieveAgentProfile('settings', { ...at, callback }),
    )
    expect(seen.contents).toEqual({ audio: 'on' })
  })
})
