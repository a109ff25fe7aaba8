/** Bad days of a body: a clear 4xx or a right answer, never a crash, never a blocked server. */
import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { LEARNER, type Running, startServer, statement } from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const post = (body: string | Uint8Array<ArrayBuffer>) => server.xapi('/statements', { method: 'POST', body })
const text = (over: Record<string, unknown> = {}) => JSON.stringify(statement({ id: undefined, ...over }))
const withExtension = (json: string) =>
  text({ result: { extensions: { 'https://example.org/x': 'HERE' } } }).replace('"HERE"', () => json)

async function alive(): Promise<void> {
  expect((await post(text())).status).toBe(200)
}

describe('a body that is not what it should be', () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, string]>([
    ['nothing', '', 'JSON'],
    ['half a statement', text().slice(0, 100), 'JSON'],
    ['a number', '7', '$'],
    ['a list in a list', '[[]]', '$[0]'],
    ['null in a list', '[null]', '$[0]'],
    ['10,000 lists in one another', '['.repeat(10_000) + ']'.repeat(10_000), 'nest'],
    ['10,000 objects in one another, never closed', '{"a":'.repeat(10_000), 'nest'],
    ['201 levels in an extension', withExtension('['.repeat(201) + ']'.repeat(201)), 'nest'],
    [
      'invalid UTF-8',
      new Uint8Array([...new TextEncoder().encode(text()).slice(0, 30), 0xff, 0xfe, 0x22]),
      'UTF-8',
    ],
    [
      'a duplicate member',
      text().replace('"verb":', '"verb":{"id":"https://example.org/a"},"verb":'),
      'verb',
    ],
    [
      'a duplicate member in disguise',
      text().replace('"verb":', '"\\u0076erb":{"id":"https://example.org/a"},"verb":'),
      'verb',
    ],
    ['a duplicate deep in an extension', withExtension('{"a":1,"b":{"c":1,"c":2}}'), 'c'],
    ['__proto__ as a member', text().replace('"verb":', '"__proto__":{"verb":1},"verb":'), '__proto__'],
    [
      '__proto__ as an extension key',
      text({ result: { extensions: JSON.parse('{"__proto__":1}') } }),
      '__proto__',
    ],
    ['constructor as a member', text({ constructor: 1 }), 'constructor'],
    ['a lone surrogate', withExtension('"\\ud800"'), 'surrogate'],
    [
      'a lone surrogate in a name',
      text({ actor: { name: 'HERE', mbox: 'mailto:a@b.org' } }).replace('HERE', '\\udfff!'),
      'surrogate',
    ],
    ['a NUL in an IRI', text({ verb: { id: 'https://example.org/\u0000' } }), 'verb'],
  ])('refuses %s with 400', async (_name, body, word) => {
    const response = await post(body)
    const answer = await response.text()
    expect([response.status, answer.toLowerCase().includes(word.toLowerCase()) ? word : answer]).toEqual([
      400,
      word,
    ])
    await alive()
  })

  it.each([
    ['a byte order mark', `\ufeff${text()}`],
    ['200 levels in all', withExtension('['.repeat(190) + ']'.repeat(190))],
    ['a NUL in an extension', withExtension('"a\\u0000b"')],
    ['a surrogate pair, escaped', withExtension('"\\ud83d\\ude00"')],
    [
      'an extension called toString',
      text({
        result: { extensions: { 'https://example.org/toString': { toString: 1, hasOwnProperty: 2 } } },
      }),
    ],
  ])('takes %s and gives it back', async (_name, body) => {
    const response = await post(body)
    expect([response.status, response.status === 200 ? '' : await response.clone().text()]).toEqual([200, ''])
    const [id] = (await response.json()) as string[]
    const { result } = (await (await server.xapi(`/statements?statementId=${id}`)).json()) as {
      result: unknown
    }
    expect(result).toEqual((JSON.parse(body.replace('\ufeff', '')) as { result?: unknown }).result)
  })
})

const many = (count: number, size: number) =>
  `[${Array.from({ length: count }, () => text({ result: { response: 'x'.repeat(size) } })).join(',')}]`

describe('a large body', () => {
  it('of 10 MB is stored', async () => {
    const body = many(1_000, 9_500)
    expect(body.length).toBeGreaterThan(9 * 1024 * 1024)
    const response = await post(body)
    expect(response.status).toBe(200)
    expect(((await response.json()) as string[]).length).toBe(1_000)
  })

  it('beyond the limit is refused with 413 that says how to raise it', async () => {
    const response = await post(many(1_200, 9_500))
    expect(response.status).toBe(413)
    expect(await response.text()).toContain('ROLLCALL_BODY_LIMIT')
    await alive()
  })

  it('with one bad statement at its end stores nothing', async () => {
    const id = randomUUID()
    const body = `${many(4_000, 400)
      .replace('[', `[${JSON.stringify(statement({ id }))},`)
      .slice(0, -1)},{}]`
    expect(body.length).toBeGreaterThan(1024 * 1024)
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(((await response.json()) as { errors: { path: string }[] }).errors[0]?.path).toContain('$[4001]')
    expect((await server.xapi(`/statements?statementId=${id}`)).status).toBe(404)
  })

  // The bound of 200 ms is a requirement of its own, not a measure of speed. Workers of the test runner share two cores,
  // so the longest delay is compared with it only for the main thread of this process.
  it.each([
    // The stand-in for MongoDB needs a millisecond for each.
    ['many thousand small statements', () => many(inject('store') === 'sqlite' ? 24_000 : 4_000, 0), 200],
    ['small statements just below the size that goes to the thread', () => many(700, 0), 200],
    [
      '60,000 brackets, as many as stay in the main thread',
      () => withExtension(`[${'[],'.repeat(60_000)}0]`),
      200,
    ],
    ['10 MB of one string', () => withExtension(JSON.stringify('x'.repeat(9_900_000))), 200],
    ['a million brackets', () => withExtension(`[${'[],'.repeat(300_000)}0]`), 200],
  ])('of %s never blocks the event loop for 200 ms', { retry: 2 }, async (_name, make, status) => {
    const body = make()
    const delay = monitorEventLoopDelay({ resolution: 5 })
    const sending = sendSlowly(server.url, body)
    delay.enable()
    const answered = await sending
    delay.disable()
    expect(answered).toBe(status)
    expect(delay.max / 1e6).toBeLessThan(200)
  })
})

describe('a large body of the API', () => {
  const elements = (count: number) =>
    JSON.stringify(
      Array.from({ length: count }, (_, index) => ({
        id: `https://lms.example.org/e/${index}`,
        name: 'x'.repeat(300),
        kind: 'other',
        utilizationTracking: 'none',
      })),
    )

  it.each([
    ['10 MB of statements to check', '/api/v1/check', () => many(20_000, 100), 'POST'],
    ['a catalogue of 4 MB', '/api/v1/elements', () => elements(10_000), 'PUT'],
  ])('%s never blocks the event loop for 200 ms', { retry: 2 }, async (_name, path, make, method) => {
    const as = await server.credential('lms', ['all', 'elements'])
    const body = make()
    const delay = monitorEventLoopDelay({ resolution: 5 })
    const sending = sendSlowly(server.url, body, { path, method, as })
    delay.enable()
    const answered = await sending
    delay.disable()
    expect(answered).toBe(200)
    expect(delay.max / 1e6).toBeLessThan(200)
  })

  it('says which element is wrong', async () => {
    const response = await server.api('/elements', {
      method: 'PUT',
      body: [...JSON.parse(elements(2_000)), { id: 'x' }],
    })
    expect(response.status).toBe(400)
    expect(((await response.json()) as { errors: { path: string }[] }).errors[0]?.path).toContain('2000')
  })
})

/** In pieces, so that sending itself does not block the loop that is watched. */
function sendSlowly(
  url: string,
  body: string,
  { path, method, as } = { path: '/xapi/statements', method: 'POST', as: LEARNER },
): Promise<number> {
  const bytes = Buffer.from(body)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}${path}`,
      {
        method,
        headers: {
          Authorization: as,
          'X-Experience-API-Version': '1.0.3',
          'Content-Type': 'application/json',
          'Content-Length': bytes.length,
        },
      },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    outgoing.on('error', reject)
    let at = 0
    const next = (): void => {
      if (at >= bytes.length) return void outgoing.end()
      outgoing.write(bytes.subarray(at, at + 65_536), () => setImmediate(next))
      at += 65_536
    }
    next()
  })
}
