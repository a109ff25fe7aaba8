/** @xapi/xapi in a real Chromium, on a page of another origin than the LRS: what content on a CDN does. */
import { createHash, randomUUID } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChromium } from '../harness/chromium.ts'
import { KEY, type Running, SECRET, startServer } from '../harness/running.ts'
import { type Pages, servePages } from './pages.ts'

const ATTACHED = [0, 13, 10, 45, 45, 255, 128]

const session = {
  key: KEY,
  secret: SECRET,
  bytes: ATTACHED,
  sha2: createHash('sha256').update(Uint8Array.from(ATTACHED)).digest('hex'),
  activityId: `https://lms.example.org/c/${randomUUID()}`,
  agent: { account: { homePage: 'https://lms.example.org', name: randomUUID() } },
}

/** In the page: all that content does in one session. Sent there as text, so it stands alone. */
const SESSION = `async ({ endpoint, key, secret, bytes, sha2, activityId, agent }) => {
  const client = new XAPI({ endpoint, auth: XAPI.toBasicAuth(key, secret) })
  const statement = (verb, over) => ({ actor: agent, verb, object: { id: activityId }, ...over })
  const attachment = { usageType: 'https://example.org/usage', display: { en: 'file' }, contentType: 'application/octet-stream', length: bytes.length, sha2 }
  const first = await client.sendStatement({ statement: statement(XAPI.Verbs.INITIALIZED) })
  const withFile = await client.sendStatement({
    statement: statement(XAPI.Verbs.COMPLETED, { attachments: [attachment] }),
    attachments: [Uint8Array.from(bytes).buffer],
  })
  const place = { agent, activityId, stateId: 'bookmark' }
  await client.setState({ ...place, state: { page: 1 } })
  const etag = (await client.getState(place)).headers.etag
  await client.setState({ ...place, state: { page: 2 }, etag, matchHeader: 'If-Match' })
  const late = await client.setState({ ...place, state: { page: 9 }, etag, matchHeader: 'If-Match' }).catch((error) => error)
  const page = (await client.getStatements({ agent, limit: 1 })).data
  const next = (await client.getMoreStatements({ more: page.more })).data
  return {
    sent: [first.data[0], withFile.data[0]],
    found: [...page.statements, ...next.statements].map(({ id }) => id),
    state: (await client.getState(place)).data,
    refused: late instanceof Error || late.status === 412 || late.response?.status === 412,
  }
}`

interface Outcome {
  readonly sent: readonly string[]
  readonly found: readonly string[]
  readonly state: unknown
  readonly refused: boolean
}

describe('content on another origin, in Chromium', () => {
  let pages: Pages
  let strangers: Pages
  let server: Running
  let browser: Browser
  beforeAll(async () => {
    ;[pages, strangers] = await Promise.all([servePages(), servePages()])
    ;[server, browser] = await Promise.all([startServer({ ROLLCALL_CORS: pages.origin }), startChromium()])
  })
  afterAll(async () => {
    await browser.close()
    await Promise.all([server.stop(), pages.stop(), strangers.stop()])
  })

  async function on<T>(origin: string, work: (page: Page) => Promise<T>): Promise<T> {
    const page = await browser.newPage()
    try {
      await page.goto(origin)
      return await work(page)
    } finally {
      await page.close()
    }
  }
  const run = (page: Page): Promise<Outcome> =>
    page.evaluate(`(${SESSION})(${JSON.stringify({ ...session, endpoint: `${server.url}/xapi` })})`)

  it('runs a whole session: statements, an attachment, state under its ETag, paging', async () => {
    const { sent, found, state, refused } = await on(pages.origin, run)
    expect(found).toEqual([...sent].reverse())
    expect(state).toEqual({ page: 2 })
    expect(refused).toBe(true)
    const whole = await server.xapi(`/statements?statementId=${sent[1]}&attachments=true`)
    expect(Buffer.from(await whole.arrayBuffer()).includes(Buffer.from(ATTACHED))).toBe(true)
  })

  it('is refused by the browser where the page’s origin is not allowed', async () => {
    await expect(on(strangers.origin, run)).rejects.toThrow()
  })
})
