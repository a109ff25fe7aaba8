/** Group 16 of the acceptance set: what Consistent-Through promises, nothing breaks. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { endpoint, idsOf, ownIri } from './endpoint.ts'

const lrs = endpoint()
const throughOf = (response: Response): number =>
  Date.parse(response.headers.get('x-experience-api-consistent-through') ?? '')

describe('X-Experience-API-Consistent-Through', () => {
  it('stands on every answer: GET, HEAD, POST, PUT, and on refusals', async () => {
    const { xapi } = lrs.server()
    const answers = await Promise.all([
      lrs.ask({ limit: '1' }),
      xapi('/statements?limit=1', { method: 'HEAD' }),
      lrs.post(statement()),
      lrs.put(randomUUID(), statement({ id: undefined })),
      lrs.ask({ limit: '-1' }),
      lrs.ask({ statementId: randomUUID() }),
      lrs.post({}),
      lrs.post(statement(), { version: '0.9' }),
      lrs.post(statement(), { as: 'Basic eDp5' }),
      xapi('/statements', { method: 'DELETE' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 204, 400, 404, 400, 400, 401, 405])
    for (const answer of answers) expect(throughOf(answer)).toBeGreaterThan(0)
  })

  it('is ISO 8601 in UTC', async () => {
    const { headers } = await lrs.ask({ limit: '1' })
    expect(headers.get('x-experience-api-consistent-through')).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
    )
  })

  it('never goes back while others write, and no statement is stored at or before it that was not to be seen then', async () => {
    const verb = { id: ownIri() }
    const seen: { through: number; visible: number }[] = []
    let writing = true
    const writers = Array.from({ length: 4 }, async () => {
      for (let n = 0; n < 8; n++) await lrs.send([statement({ verb }), statement({ verb })])
    })
    const reader = (async () => {
      while (writing) {
        const through = throughOf(await lrs.ask({ limit: '1', verb: ownIri() }))
        const until = new Date(through).toISOString()
        seen.push({ through, visible: (await lrs.list({ verb: verb.id, until })).statements.length })
      }
    })()
    await Promise.all(writers)
    writing = false
    await reader
    const all = await lrs.all({ verb: verb.id })
    expect(all).toHaveLength(64)
    const instants = all.map(({ stored }) => Date.parse(String(stored)))
    for (const { through, visible } of seen)
      expect(instants.filter((stored) => stored <= through)).toHaveLength(visible)
    const throughs = seen.map(({ through }) => through)
    expect(throughs).toEqual([...throughs].sort((a, b) => a - b))
  })

  it('does not come before what an answered request stored', async () => {
    const [id] = await lrs.send(statement())
    const { stored } = await lrs.read(id)
    expect(throughOf(await lrs.ask({ limit: '1' }))).toBeGreaterThanOrEqual(Date.parse(String(stored)))
  })
})

describe('stored', () => {
  it('orders parallel writers: each request has one instant of its own, and lists follow it', async () => {
    const verb = { id: ownIri() }
    const batches = Array.from({ length: 20 }, () => [statement({ verb }), statement({ verb })])
    await Promise.all(batches.map((batch) => lrs.send(batch)))
    const all = await lrs.all({ verb: verb.id, ascending: 'true' })
    expect(all).toHaveLength(40)
    const instants = all.map(({ stored }) => Date.parse(String(stored)))
    expect(instants).toEqual([...instants].sort((a, b) => a - b))
    const ofBatch = batches.map((batch) => new Set(batch.map(({ id }) => instants[idsOf(all).indexOf(id)])))
    for (const one of ofBatch) expect(one.size).toBe(1)
    expect(idsOf(await lrs.all({ verb: verb.id }))).toEqual([...idsOf(all)].reverse())
  })

  it('a client’s is replaced (XAPI-00023)', async () => {
    const [id] = await lrs.send(statement({ stored: '2001-01-01T00:00:00Z' }))
    expect(Date.parse(String((await lrs.read(id)).stored))).toBeGreaterThan(
      Date.parse('2026-01-01T00:00:00Z'),
    )
  })

  it('stands in for a missing timestamp', async () => {
    const [id] = await lrs.send(statement({ timestamp: undefined }))
    const { stored, timestamp } = await lrs.read(id)
    expect(timestamp).toBe(stored)
  })
})
