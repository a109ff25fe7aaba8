/** Group 14 of the acceptance set: the pages of an answer are that answer, whatever happens in between. */
import { beforeAll, describe, expect, it } from 'vitest'
import { basic, KEY, learner, statement } from '../harness/running.ts'
import { endpoint, expectRefused, idsOf, type Json, type Listed, ownIri } from './endpoint.ts'

const lrs = endpoint()
const pageOf = (more: string, headers: Record<string, string>) =>
  fetch(new URL(more, lrs.server().url), { headers })

/** Every page, with something done before each next one. */
async function pages(
  query: Record<string, string>,
  between: () => Promise<unknown>,
): Promise<readonly Listed[]> {
  const all = [await lrs.list(query)]
  for (let more = all[0]?.more; more; more = all.at(-1)?.more) {
    await between()
    all.push(await lrs.next(more))
  }
  return all
}

describe.each(['false', 'true'])('ascending=%s', (ascending) => {
  it('the pages together are the answer, without gap or repetition, while others write (XAPI-00108)', async () => {
    const verb = { id: ownIri() }
    const sent = Array.from({ length: 11 }, () => statement({ verb }))
    for (let n = 0; n < 11; n += 3) await lrs.send(sent.slice(n, n + 3))
    const ids = sent.map(({ id }) => id)
    const seen = await pages({ verb: verb.id, limit: '3', ascending }, () =>
      Promise.all([lrs.send(statement({ verb })), lrs.send([statement({ verb }), statement({ verb })])]),
    )
    expect(seen.map(({ statements }) => statements.length)).toEqual([3, 3, 3, 2])
    expect(seen.flatMap(({ statements }) => idsOf(statements))).toEqual(
      ascending === 'true' ? ids : ids.reverse(),
    )
  })

  it('a statement voided in between is left out, and shifts nothing', async () => {
    const verb = { id: ownIri() }
    const sent = Array.from({ length: 6 }, () => statement({ verb }))
    await lrs.send(sent)
    const order = ascending === 'true' ? sent : [...sent].reverse()
    const gone = [order[1], order[3]] as [Json, Json]
    let voided = false
    const seen = await pages({ verb: verb.id, limit: '2', ascending }, async () => {
      if (voided) return
      voided = true
      for (const { id } of gone) {
        const object = { objectType: 'StatementRef', id }
        const voiding = { id: 'http://adlnet.gov/expapi/verbs/voided' }
        await lrs.send(statement({ verb: voiding, object, context: undefined }))
      }
    })
    const expected = order.filter((one) => one !== gone[1]).map(({ id }) => id)
    expect(seen.flatMap(({ statements }) => idsOf(statements))).toEqual(expected)
  })

  it('a statement that a reference makes fit in between is not added', async () => {
    const verb = { id: ownIri() }
    const sent = Array.from({ length: 4 }, () => statement({ verb }))
    await lrs.send(sent)
    const seen = await pages({ verb: verb.id, limit: '2', ascending }, () =>
      lrs.send(statement({ object: { objectType: 'StatementRef', id: sent[0]?.id }, context: undefined })),
    )
    expect(seen.flatMap(({ statements }) => statements)).toHaveLength(4)
  })
})

describe('a more link', () => {
  const verb = { id: ownIri(), display: { de: 'sah', en: 'saw' } }
  beforeAll(async () => {
    await lrs.send(
      Array.from({ length: 5 }, () => statement({ verb, actor: { ...learner('m'), name: 'M' } })),
    )
  })
  const plain = {
    Authorization: basic(KEY, 'test-secret-with-some-length'),
    'X-Experience-API-Version': '1.0.3',
  }

  it('keeps format, order and limit', async () => {
    const { more } = await lrs.list({ verb: verb.id, limit: '2', ascending: 'true', format: 'ids' })
    const next = await lrs.next(more)
    expect(next.statements).toHaveLength(2)
    expect(next.statements[0]?.verb).toEqual({ id: verb.id })
    expect(next.statements[0]?.actor).not.toHaveProperty('name')
    const times = next.statements.map(({ stored }) => String(stored))
    expect(times).toEqual([...times].sort())
  })

  it('keeps attachments=true', async () => {
    const first = await lrs.ask({ verb: verb.id, limit: '2', attachments: 'true' })
    const [, more = ''] = /"more":"([^"]+)"/.exec(await first.text()) ?? []
    const response = await pageOf(more, plain)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^multipart\/mixed; boundary=/)
  })

  it('keeps the Accept-Language of the first page, whatever the next request says', async () => {
    const query = { verb: verb.id, limit: '2', format: 'canonical' }
    const { more } = await lrs.list(query, { headers: { 'Accept-Language': 'de' } })
    for (const headers of [{}, { 'Accept-Language': 'en' }]) {
      const { statements } = (await (await pageOf(more, { ...plain, ...headers })).json()) as Listed
      expect(statements.map((one) => (one.verb as Json).display)).toEqual([{ de: 'sah' }, { de: 'sah' }])
    }
  })

  it('can be used again, and answers the same', async () => {
    const { more } = await lrs.list({ verb: verb.id, limit: '2' })
    expect(await lrs.next(more)).toEqual(await lrs.next(more))
  })

  it('survives a restart of the server', async () => {
    const first = await lrs.list({ verb: verb.id, limit: '3' })
    await lrs.server().restart()
    const second = await lrs.next(first.more)
    const all = await lrs.all({ verb: verb.id })
    expect([...idsOf(first.statements), ...idsOf(second.statements)]).toEqual(idsOf(all))
  })

  it('needs credentials and a version like any request', async () => {
    const { more } = await lrs.list({ verb: verb.id, limit: '2' })
    const { Authorization, ...version } = plain
    expect((await pageOf(more, version)).status).toBe(401)
    expect((await pageOf(more, { Authorization })).status).toBe(400)
  })

  it('is refused with other credentials, and when a letter of it is changed', async () => {
    const { more } = await lrs.list({ verb: verb.id, limit: '2' })
    const other = await lrs.server().credential('report', ['statements/read'])
    await expectRefused(await pageOf(more, { ...plain, Authorization: other }), 400, '?cursor')
    const [, cursor = ''] = /cursor=([^&]+)/.exec(more) ?? []
    for (const at of [0, 10, cursor.length - 1]) {
      const letter = cursor[at] === 'A' ? 'B' : 'A'
      const forged = more.replace(cursor, `${cursor.slice(0, at)}${letter}${cursor.slice(at + 1)}`)
      await expectRefused(await pageOf(forged, plain), 400, '?cursor')
    }
  })

  it('shows no more than `mine` to a credential that reads only its own', async () => {
    const mine = await lrs.server().credential('learner', ['statements/write', 'statements/read/mine'])
    const sent = Array.from({ length: 3 }, () => statement({ verb }))
    await lrs.send(sent, { as: mine })
    const all = await lrs.all({ verb: verb.id, limit: '1' }, { as: mine })
    expect(idsOf(all)).toEqual(sent.map(({ id }) => id).reverse())
  })
})
