/** Group 26 of the acceptance set: X-Experience-API-Version, asked for and answered. */
import { describe, expect, it } from 'vitest'
import { LEARNER, statement } from '../harness/running.ts'
import { endpoint, expectRefused } from './endpoint.ts'

const lrs = endpoint()

const get = (version: string | undefined, path = '/statements', headers: Record<string, string> = {}) =>
  fetch(`${lrs.server().url}/xapi${path}`, {
    headers: {
      Authorization: LEARNER,
      ...(version !== undefined && { 'X-Experience-API-Version': version }),
      ...headers,
    },
  })

const shown = (response: Response) => response.headers.get('x-experience-api-version')
const through = (response: Response) => response.headers.get('x-experience-api-consistent-through') ?? ''

describe('the version header', () => {
  it.each(['1.0', ...Array.from({ length: 10 }, (_, patch) => `1.0.${patch}`)])(
    '%s is taken and answered with 1.0.3 (XAPI-00330)',
    async (version) => {
      const response = await get(version)
      expect([response.status, shown(response)]).toEqual([200, '1.0.3'])
    },
  )

  it.each(['2.0', '2.0.0', '2.0.1'])('%s is taken and answered with 2.0.0', async (version) => {
    const response = await get(version)
    expect([response.status, shown(response)]).toEqual([200, '2.0.0'])
  })

  it.each([
    '0.8',
    '0.9',
    '0.95',
    '1.1',
    '1.1.0',
    '2.1.0',
    '3',
    '3.0.0',
    '1',
    '1.0.',
    '1.0.10',
    '1.0.3-beta',
    'v1.0.3',
    'abc',
    '',
  ])('«%s» is refused with 400, and the answer has a version (XAPI-00331)', async (version) => {
    const response = await get(version)
    expect(shown(response)).toBe('2.0.0')
    await expectRefused(response, 400, 'X-Experience-API-Version')
  })

  it('sent twice is refused', async () => {
    expect((await get('1.0.3, 2.0.0')).status).toBe(400)
  })

  it('is demanded: without it 400, and the answer has one (XAPI-00329)', async () => {
    const response = await get(undefined)
    expect(shown(response)).toBe('2.0.0')
    await expectRefused(response, 400, 'X-Experience-API-Version')
  })

  it('is not demanded by about', async () => {
    const response = await get(undefined, '/about')
    expect([response.status, shown(response)]).toEqual([200, '2.0.0'])
  })

  it('refused, nothing is stored', async () => {
    const own = statement()
    const response = await lrs.post(own, { version: '1.1.0' })
    expect(response.status).toBe(400)
    expect(await lrs.statusOf(own.id)).toBe(404)
  })
})

describe.each(['1.0.3', '2.0.0'])('version and Consistent-Through stand on every answer of %s', (version) => {
  it.each<[number, (version: string) => Promise<Response>]>([
    [200, () => get(version)],
    [200, () => get(version, '/about')],
    [400, () => get(version, '/statements?limit=-1')],
    [401, () => get(version, '/statements', { Authorization: 'Basic x' })],
    [404, () => get(version, '/nothing')],
    [404, () => get(version, '/statements?statementId=9e13cefd-53d3-4eac-b5ed-2cf6693903bb')],
    [405, () => lrs.server().xapi('/statements', { method: 'DELETE', version })],
    [
      409,
      async () => {
        const own = statement()
        await lrs.send(own)
        return await lrs.post({ ...own, verb: { id: 'https://example.org/other' } }, { version })
      },
    ],
    [413, () => lrs.post('x'.repeat(10 * 1024 * 1024 + 1), { version })],
  ])('also of %d', async (status, ask) => {
    const response = await ask(version)
    expect([response.status, shown(response)]).toEqual([status, version])
    expect(through(response)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('also of PUT and POST that stored something', async () => {
    const own = statement()
    for (const response of [
      await lrs.put(String(own.id), own, { version }),
      await lrs.post(own, { version }),
    ]) {
      expect(response.ok).toBe(true)
      expect([shown(response), through(response) !== '']).toEqual([version, true])
    }
  })
})
