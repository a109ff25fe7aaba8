/** An assignable unit with @xapi/cmi5 in a real Chromium, launched by an LMS through Rollcall: the content never sees a long-lived key. */
import { randomUUID } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startChromium } from '../harness/chromium.ts'
import { type Running, startServer } from '../harness/running.ts'
import { type Pages, servePages } from './pages.ts'

/** In the page: a session from its start to its end. */
const SESSION = `async () => {
  const unit = new Cmi5()
  await unit.initialize()
  const { launchMode } = unit.getLaunchData()
  if (launchMode === 'Normal') {
    await unit.progress(50)
    await unit.pass(0.9)
    await unit.complete()
  }
  await unit.terminate()
  return launchMode
}`

const POLICY = {
  schema: 1,
  id: 'cmi5-month',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'calendar', length: { months: 1 } },
}

describe('@xapi/cmi5 in Chromium', () => {
  let pages: Pages
  let server: Running
  let browser: Browser
  let lms: string
  beforeAll(async () => {
    pages = await servePages()
    ;[server, browser] = await Promise.all([startServer({ ROLLCALL_CORS: pages.origin }), startChromium()])
    lms = await server.credential('lms', ['all'])
    await server.api('/policies', { method: 'POST', body: POLICY })
  })
  afterAll(async () => {
    await browser.close()
    await Promise.all([server.stop(), pages.stop()])
  })

  async function launch(launchMode: string): Promise<{ mode: string; actor: object }> {
    const actor = {
      objectType: 'Agent',
      account: { homePage: 'https://lms.example.org', name: randomUUID() },
    }
    const body = {
      actor,
      activityId: `https://lms.example.org/au/${randomUUID()}`,
      launchMode,
      moveOn: 'CompletedAndPassed',
      url: `${pages.origin}/`,
      launched: true,
    }
    const launched = await server.api('/cmi5/sessions', { method: 'POST', body, as: lms })
    expect(launched.status).toBe(201)
    const { launchUrl } = (await launched.json()) as { launchUrl: string }
    const page = await browser.newPage()
    try {
      await page.goto(launchUrl)
      return { mode: await page.evaluate(`(${SESSION})()`), actor }
    } finally {
      await page.close()
    }
  }
  const verbsOf = async (actor: object): Promise<readonly string[]> => {
    const query = new URLSearchParams({ agent: JSON.stringify(actor), ascending: 'true' })
    const found = (await (await server.xapi(`/statements?${query}`)).json()) as {
      statements: { verb: { id: string } }[]
    }
    return found.statements.map(({ verb }) => verb.id.split('/').at(-1) ?? '')
  }
  const active = async () => (await server.counted('cmi5-month')).activeLearners

  it('runs a session that counts its learner', async () => {
    const before = await active()
    const { mode, actor } = await launch('Normal')
    expect(mode).toBe('Normal')
    expect(await verbsOf(actor)).toEqual([
      'launched',
      'initialized',
      'progressed',
      'passed',
      'completed',
      'terminated',
    ])
    expect(await active()).toBe(Number(before) + 1)
  })

  it('runs a preview that counts nobody', async () => {
    const before = await active()
    const { mode, actor } = await launch('Browse')
    expect(mode).toBe('Browse')
    expect(await verbsOf(actor)).toEqual(['launched', 'initialized', 'terminated'])
    expect(await active()).toBe(before)
  })
})
