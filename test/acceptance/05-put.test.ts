/** Group 5 of the acceptance set: PUT takes the one statement of its URL. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { endpoint, expectRefused } from './endpoint.ts'

const lrs = endpoint()

describe.each(['1.0.3', '2.0.0'])('PUT /statements, version %s', (version) => {
  it('takes a statement with the id of its URL, or with none (XAPI-00145)', async () => {
    const [own, none] = [randomUUID(), randomUUID()]
    expect((await lrs.put(own, statement({ id: own }), { version })).status).toBe(204)
    expect((await lrs.put(none, statement({ id: undefined }), { version })).status).toBe(204)
    expect((await lrs.read(own)).id).toBe(own)
    expect((await lrs.read(none)).id).toBe(none)
  })

  it('takes an id that differs from that of its URL by case alone', async () => {
    const id = randomUUID()
    expect((await lrs.put(id.toUpperCase(), statement({ id }), { version })).status).toBe(204)
    expect(await lrs.statusOf(id)).toBe(200)
  })

  it('refuses a statement with another id than that of its URL, and stores neither', async () => {
    const [url, body] = [randomUUID(), randomUUID()]
    await expectRefused(await lrs.put(url, statement({ id: body }), { version }), 400, '$.id')
    expect(await lrs.statusOf(url)).toBe(404)
    expect(await lrs.statusOf(body)).toBe(404)
  })

  it('refuses a list, also one of a single statement', async () => {
    const id = randomUUID()
    await expectRefused(await lrs.put(id, [statement({ id })], { version }), 400, '$')
    expect(await lrs.statusOf(id)).toBe(404)
  })

  it('refuses a PUT without statementId, with one that is no UUID, with two (XAPI-00145)', async () => {
    const put = (query: string) =>
      lrs.server().xapi(`/statements${query}`, { method: 'PUT', body: JSON.stringify(statement()), version })
    await expectRefused(await put(''), 400, '?statementId')
    await expectRefused(await put('?statementId=abc'), 400, '?statementId')
    await expectRefused(
      await put(`?statementId=${randomUUID()}&statementId=${randomUUID()}`),
      400,
      '?statementId',
    )
  })
})
