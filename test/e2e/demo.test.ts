import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SEED } from '../../src/demo/demo.ts'
import { type Plan, planYear } from '../../src/demo/plan.ts'
import { activeIn, isUse, sentOf, untrackedOf, windowsOf } from './demo-expected.ts'

const CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))
const PATIENCE = 120_000
const directories: string[] = []
const running = new Set<ChildProcess>()

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-demo-'))
  directories.push(directory)
  return directory
}

function start(data: string, ...args: readonly string[]): ChildProcess {
  const environment = { PATH: process.env.PATH, ROLLCALL_DATA: data, PORT: '0' }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, 'demo', ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function run(
  data: string,
  ...args: readonly string[]
): Promise<{ code: number; lines: string[]; errors: string }> {
  const child = start(data, ...args)
  let errors = ''
  child.stderr?.on('data', (text) => {
    errors += String(text)
  })
  const exit = once(child, 'close')
  const lines = await linesOf(child, () => false)
  const [code] = (await exit) as [number]
  return { code, lines, errors }
}

/** Lines up to and including the one that ends it, or all. */
async function linesOf(child: ChildProcess, isLast: (line: string) => boolean): Promise<string[]> {
  const lines: string[] = []
  if (!child.stdout) return lines
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (isLast(line)) break
  }
  return lines
}

afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

/** The lines of the block that begins with a heading. */
function block(lines: readonly string[], heading: string): readonly string[] {
  const begin = lines.findIndex((line) => line.startsWith(heading))
  const rest = lines.slice(begin + 1)
  const end = rest.indexOf('')
  return begin < 0 ? [] : rest.slice(0, end < 0 ? rest.length : end)
}

describe('rollcall demo --exit', () => {
  const learners = 80
  let shown: Awaited<ReturnType<typeof run>>
  let plan: Plan
  let now: number

  beforeAll(async () => {
    shown = await run(temporaryDirectory(), '--exit', '--learners', String(learners))
    const [, instant = ''] = / to (\S+Z)$/.exec(shown.lines[0] ?? '') ?? []
    now = Date.parse(instant)
    plan = planYear({ now, seed: SEED, learners })
  }, PATIENCE)

  it('ends by itself with code 0, and complains of nothing', () => {
    expect({ code: shown.code, errors: shown.errors }).toEqual({ code: 0, errors: '' })
    expect(shown.lines.at(-1)).toMatch(/^Done in \d+ s\.$/)
  })

  it('says what it sends, and sends all the plan says', () => {
    expect(shown.lines[0]).toBe(
      `Rollcall demo: ${learners} people, ${new Date(plan.anchor).toISOString().slice(0, 10)} to ${new Date(now).toISOString()}`,
    )
    const { all, again } = sentOf(plan)
    const records = plan.visits.filter(({ kind }) => kind === 'launch-record').length
    expect(shown.lines).toContain(
      `  ${all} statements sent, ${again} of them for the second time; ${records} launch records. Counting …`,
    )
    expect(shown.lines.filter((line) => / %\s+\d+ statements sent, up to /.test(line))).toHaveLength(10)
  })

  it.each([
    { policy: 'accord-12m', months: 12, limit: 74, surcharge: 0 },
    { policy: 'accord-3m', months: 3, limit: 32, surcharge: 25 },
    { policy: 'accord-1m', months: 1, limit: 48, surcharge: 50 },
  ])('shows the licence view of $policy (A15, A18, A19, Q23)', ({ policy, months, limit, surcharge }) => {
    const open = windowsOf(plan, months, now).at(-1)
    const active = open?.active ?? Number.NaN
    const reached = [80, 90, 100].filter((percent) => 100 * active >= percent * limit)
    const cells = block(shown.lines, 'Licence views')
      .map((line) => line.trim().split(/ {2,}/))
      .find(([name]) => name === policy)
    expect(cells).toEqual([
      policy,
      `${open?.start} to ${open?.end}`,
      String(active),
      String(limit),
      `${Math.floor((100 * active) / limit)}%`,
      String(Math.max(0, limit - active)),
      String(Math.max(0, active - limit)),
      String(activeIn(plan, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)),
      `${surcharge}%`,
      reached.map((percent) => `${percent}%`).join(' ') || '-',
    ])
  })

  it('has fewer learners in total than people, and fewer active than in total', () => {
    const total = activeIn(plan, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
    expect(total).toBeLessThan(learners)
    expect(activeIn(plan, plan.anchor, now)).toBeLessThan(total)
  })

  it('has one window near its limit and one over it', () => {
    const rows = block(shown.lines, 'Licence views').map((line) => line.trim().split(/ {2,}/))
    const used = rows.slice(1).map((cells) => Number.parseInt(cells[4] ?? '', 10))
    expect(used.some((percent) => percent >= 90 && percent < 100)).toBe(true)
    expect(used.some((percent) => percent > 100)).toBe(true)
  })

  it('shows what the earlier windows of each policy came to (A9, A10)', () => {
    const found = block(shown.lines, 'Earlier windows')
      .join(' ')
      .split(/(?=accord-)/)
      .map((text) => ({
        policy: /^accord-\d+m/.exec(text)?.[0],
        windows: [...text.matchAll(/(\d{4}-\d\d-\d\d) +(\d+)/g)].map(([, start, active]) => ({
          start,
          active: Number(active),
        })),
      }))
      .filter(({ policy }) => policy !== undefined)
    const expected = [12, 3, 1].map((months) => ({
      policy: `accord-${months}m`,
      windows: windowsOf(plan, months, now)
        .slice(0, -1)
        .map(({ start, active }) => ({ start, active })),
    }))
    expect(found).toEqual(expected)
  })

  it('shows how many statements were not tracked, of how many people, and why (ruling 25)', () => {
    const rows = block(shown.lines, 'Statements that were not tracked').slice(1)
    const found = rows.map((line) => /^ {2}(\S+) +(\d+) +(\d+) {2}(\S.*)$/.exec(line) ?? [])
    expect(found.every(([, , , , text]) => (text ?? '').length > 10)).toBe(true)
    const figures = found.map(([, reason, statements, people]) => [
      reason,
      { statements: Number(statements), learners: Number(people) },
    ])
    expect(Object.fromEntries(figures)).toEqual(untrackedOf(plan))
  })

  it('explains somebody counted under two identifiers by their first use in the window (F1)', () => {
    const joined = plan.people.find(({ homes }) => homes.length > 1)
    const first = plan.visits.find(
      (visit) => visit.person === joined?.number && visit.at >= plan.anchor && isUse(visit),
    )
    const [known, counted] = block(shown.lines, `Why ${joined?.name} is counted in accord-12m`)
    expect(known).toContain(joined?.agents.mailbox.mbox)
    expect(known).toContain(joined?.agents.account.account?.name)
    expect(counted).toContain(`Counted since ${new Date(first?.at ?? 0).toISOString().slice(0, 10)}`)
  })

  it('explains why an administrator who only looked is not counted (A7)', () => {
    const previewer = plan.people.find(({ habit }) => habit === 'previewer')
    const lines = block(shown.lines, `Why ${previewer?.name} is not counted in accord-12m`)
    expect(lines[1]).toBe('  Not counted.')
    expect(lines.at(-1)).toMatch(/preview|catalogue/)
  })
})

describe('rollcall demo', () => {
  it('serves on with what it printed until it is told to stop', { timeout: PATIENCE }, async () => {
    const child = start(temporaryDirectory(), '--learners', '20')
    const lines = await linesOf(child, (line) => line.startsWith('Serving on'))
    const [, pair = '', url = ''] =
      /curl -u '([^']+)' .* '(http[^']+)'$/.exec(lines.find((line) => line.includes('curl')) ?? '') ?? []
    const response = await fetch(url, {
      headers: {
        authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
        'x-experience-api-version': '1.0.3',
      },
    })
    expect(response.status).toBe(200)
    expect(((await response.json()) as { statements: unknown[] }).statements).toHaveLength(1)
    const exit = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exit).toEqual([0, null])
  })

  it('says in one line what keeps it from starting, with code 1', { timeout: PATIENCE }, async () => {
    const { code, lines } = await run(temporaryDirectory(), '--learners', '5')
    expect(code).toBe(1)
    expect(lines).toEqual(['The demo stopped: --learners must be a whole number from 20 to 2000'])
  })

  it('empties no directory that is not its own', { timeout: PATIENCE }, async () => {
    const data = temporaryDirectory()
    mkdirSync(join(data, 'demo'))
    writeFileSync(join(data, 'demo', 'thesis.txt'), 'two years of work')
    const { code, lines } = await run(data, '--exit', '--learners', '20')
    expect(code).toBe(1)
    expect(lines.join('\n')).toContain('holds data that is not the demo')
    expect(readdirSync(join(data, 'demo'))).toEqual(['thesis.txt'])
  })
})
