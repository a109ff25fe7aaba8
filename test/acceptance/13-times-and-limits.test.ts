/** Group 13 of the acceptance set: since, until and limit to the letter. */
import { beforeAll, describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { endpoint, expectRefused, idsOf, type Json, ownIri } from './endpoint.ts'

const lrs = endpoint()
const verb = { id: ownIri() }
const sent: Json[] = []
let stored: readonly string[]
beforeAll(async () => {
  for (let n = 0; n < 4; n++) {
    const one = statement({ verb })
    await lrs.send(one)
    sent.push(one)
  }
  const all = await lrs.all({ verb: verb.id, ascending: 'true' })
  stored = all.map((one) => String(one.stored))
})
const found = async (query: Record<string, string>) => {
  const ids = idsOf(await lrs.all({ verb: verb.id, ascending: 'true', ...query }))
  return ids.map((id) => sent.findIndex((one) => one.id === id))
}
/** The instant of the second statement, as a text in another zone or with other digits. */
const instant = (change: (text: string) => string) => change(String(stored[1]))
const eastern = (text: string) =>
  new Date(Date.parse(text) + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30')

describe('since and until', () => {
  it('since is exclusive, until inclusive, on stored (XAPI-00174, XAPI-00175)', async () => {
    expect(await found({ since: String(stored[1]) })).toEqual([2, 3])
    expect(await found({ until: String(stored[1]) })).toEqual([0, 1])
    expect(await found({ since: String(stored[0]), until: String(stored[2]) })).toEqual([1, 2])
    expect(await found({ since: String(stored[2]), until: String(stored[1]) })).toEqual([])
  })

  it('digits beyond the millisecond are kept apart: just before the next, just after this one', async () => {
    const later = instant((text) => text.replace('Z', '999Z'))
    expect(await found({ since: later })).toEqual([2, 3])
    expect(await found({ until: later })).toEqual([0, 1])
    const before = new Date(Date.parse(String(stored[1])) - 1).toISOString().replace('Z', '9999Z')
    expect((await found({ since: before })).includes(1)).toBe(true)
    expect((await found({ until: before })).includes(1)).toBe(false)
  })

  it.each<[string, (text: string) => string]>([
    ['an offset', eastern],
    ['+00:00', (text) => text.replace('Z', '+00:00')],
    ['no zone, read as UTC', (text) => text.replace('Z', '')],
    ['trailing zeros', (text) => text.replace('Z', '000000Z')],
  ])('take the same instant with %s', async (_name, change) => {
    expect(await found({ since: instant(change) })).toEqual([2, 3])
    expect(await found({ until: instant(change) })).toEqual([0, 1])
  })

  it('take a plus sign that nobody escaped', async () => {
    const path = `/statements?verb=${encodeURIComponent(verb.id)}&ascending=true&since=${instant(eastern)}`
    const response = await lrs.server().xapi(path)
    expect(idsOf(((await response.json()) as { statements: Json[] }).statements)).toEqual([
      sent[2]?.id,
      sent[3]?.id,
    ])
  })

  it('far away find everything or nothing', async () => {
    expect(await found({ since: '1969-12-31T23:59:59.9999Z' })).toEqual([0, 1, 2, 3])
    expect(await found({ until: '9999-12-31T23:59:59Z' })).toEqual([0, 1, 2, 3])
    expect(await found({ since: '9999-12-31T23:59:59Z' })).toEqual([])
    expect(await found({ until: '0001-01-01T00:00:00Z' })).toEqual([])
  })

  it.each(['yesterday', '', '2021-02-30T00:00:00Z', '2026-01-01', '2026-01-01T00:00:00-00:00', '1700000000'])(
    '«%s» is refused',
    async (text) => {
      await expectRefused(await lrs.ask({ since: text }), 400, '?since')
      await expectRefused(await lrs.ask({ until: text }), 400, '?until')
    },
  )
})

describe('limit', () => {
  it('n gives at most n, and the newest ones (XAPI-00173)', async () => {
    for (const limit of [1, 2, 3]) {
      const { statements, more } = await lrs.list({ verb: verb.id, limit: String(limit) })
      expect(idsOf(statements)).toEqual(
        sent
          .slice(-limit)
          .map(({ id }) => id)
          .reverse(),
      )
      expect(more).not.toBe('')
    }
  })

  it('that is just enough gives an empty more', async () => {
    expect((await lrs.list({ verb: verb.id, limit: '4' })).more).toBe('')
    expect((await lrs.list({ verb: verb.id, limit: '5' })).more).toBe('')
  })

  it('0, none, and more than the server gives at once are the server’s maximum', async () => {
    const many = { id: ownIri() }
    await lrs.send(Array.from({ length: 101 }, () => statement({ verb: many })))
    for (const query of [{ limit: '0' }, {}, { limit: '101' }, { limit: '99999999999999999999' }]) {
      const { statements, more } = await lrs.list({ verb: many.id, ...query })
      expect(statements).toHaveLength(100)
      expect((await lrs.next(more)).statements).toHaveLength(1)
    }
  })

  it.each(['-1', 'ten', '', '1.5', '0x10', '1e3', ' 1', '+1'])('«%s» is refused', async (limit) => {
    await expectRefused(await lrs.ask({ limit }), 400, '?limit')
  })
})
