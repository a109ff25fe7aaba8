/** Import and export of whole files (ruling 37). */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ImportTask } from '../../src/lrs/files/task.ts'
import { storeOf } from '../harness/mongo.ts'
import { runCli, serveProcess } from '../harness/process.ts'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

const YEAR = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2024-01-01' },
}

let directory: string
let server: Running
let tenant: string
const at = (name: string) => join(directory, name)
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-import-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

/** Of the long file. The stand-in for MongoDB stores 250 statements in half a second, but has no index to count a learner by. */
const [LINES, PEOPLE] = inject('store') === 'sqlite' ? [20_000, 500] : [1_000, 20]

async function start(): Promise<Running> {
  const started = await startServer()
  await started.api('/policies', { method: 'POST', body: YEAR })
  return started
}
async function use(running: Running): Promise<void> {
  server = running
  tenant = (await server.app.lrs.stores.tenants.list())[0]?.id as string
}
beforeAll(async () => use(await start()))
afterAll(() => server.stop())

interface Ran {
  readonly exit: number
  readonly output: string
}

async function run(
  task: Omit<ImportTask, 'tenant' | 'kind'> | { kind: 'export'; file: string },
  stopAt?: number,
): Promise<Ran> {
  const lines: string[] = []
  const stopping = new AbortController()
  const full = 'kind' in task ? { ...task, tenant } : { kind: 'import' as const, tenant, ...task }
  const exit = await server.app.runFileTask(full, {
    print: (line) => lines.push(line),
    progress: ({ done }) => {
      if (stopAt !== undefined && done >= stopAt) stopping.abort()
    },
    signal: stopping.signal,
  })
  return { exit, output: lines.join('\n') }
}

const bring = (file: string, more: Partial<ImportTask> = {}) =>
  run({ file, purpose: 'learner', dryRun: false, ...more })

function fileOf(name: string, lines: readonly unknown[]): string {
  writeFileSync(
    at(name),
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  )
  return at(name)
}

async function active(window = '2026-01-01'): Promise<number> {
  await server.counted('year')
  const { items } = (await (await server.api('/windows?policy=year')).json()) as {
    items: { start: string; activeLearners: number }[]
  }
  return items.find(({ start }) => start.startsWith(window))?.activeLearners ?? 0
}

/** What one engine alone promises. */
function itOn(store: 'sqlite' | 'mongodb', title: string, test: () => Promise<void>): void {
  if (inject('store') === store) it(title, test)
}

describe('export, then import', () => {
  it('moves everything: ids, bodies to the last digit, received times, authorities, voids, and the count', async () => {
    const voided = statement({ actor: learner('carla') })
    const score = '{"score":{"raw":1.10000000000000000000001}}'
    const exact = JSON.stringify(statement({ actor: learner('bert') })).replace(
      '"timestamp"',
      `"result":${score},"timestamp"`,
    )
    await server.send([statement({ actor: learner('ana') }), voided])
    await server.xapi('/statements', { method: 'POST', body: exact.replaceAll(',"', ',\n "') })
    await server.send(
      statement({
        actor: learner('x'),
        verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
        object: { objectType: 'StatementRef', id: voided.id },
      }),
    )
    const before = await active()
    expect((await run({ kind: 'export', file: at('moved.ndjson.gz') })).output).toContain('4 statements')
    const text = gunzipSync(readFileSync(at('moved.ndjson.gz'))).toString('utf8')
    expect(text.trim().split('\n')).toHaveLength(4)
    expect(text).toMatch(/"raw": ?1\.10000000000000000000001/)
    const first = server
    await use(await start())
    expect(await bring(at('moved.ndjson.gz'))).toMatchObject({
      exit: 0,
      output: expect.stringContaining('4 statements stored'),
    })
    expect(await active()).toBe(before)
    const found = await server.xapi(`/statements?voidedStatementId=${voided.id}`)
    expect([found.status, ((await found.json()) as { authority: { name: string } }).authority.name]).toEqual([
      200,
      expect.stringContaining('Import moved'),
    ])
    await run({ kind: 'export', file: at('again.ndjson') })
    expect(readFileSync(at('again.ndjson'), 'utf8')).toBe(text)
    await server.stop()
    await use(first)
  })

  it('never writes over a file, and leaves no half one', async () => {
    const file = fileOf('there.ndjson', ['keep me'])
    expect((await run({ kind: 'export', file })).exit).toBe(2)
    expect(readFileSync(file, 'utf8')).toBe('keep me')
    expect(readdirSync(directory).filter((name) => name.endsWith('.partial'))).toEqual([])
  })
})

describe('an import', () => {
  it('stores what is good, lists what is not with line, path and requirement, and says so by exit code 1', async () => {
    const taken = statement()
    await server.send(taken)
    const file = fileOf('mixed.ndjson', [
      statement(),
      '{"actor"',
      '',
      statement({ verb: { id: 'no iri' } }),
      { ...taken, verb: { id: 'http://adlnet.gov/expapi/verbs/passed' } },
      taken,
      statement(),
    ])
    const { exit, output } = await bring(file)
    expect([exit, output]).toEqual([
      1,
      expect.stringContaining('7 lines, 2 statements stored, 1 were there already, 3 lines refused'),
    ])
    const faults = readFileSync(`${file}.errors.ndjson`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(faults).toEqual([
      { line: 2, path: '$', message: expect.any(String), requirement: expect.any(String) },
      {
        line: 4,
        path: '$.verb.id',
        message: expect.any(String),
        requirement: expect.stringMatching(/^XAPI-/),
      },
      {
        line: 5,
        path: '$.id',
        message: expect.stringContaining(taken.id as string),
        requirement: 'XAPI-00142',
      },
    ])
  })

  it('gives lines without id the same id each time, whatever the import is called or however it is packed', async () => {
    const lines = Array.from({ length: 5 }, (_, minute) =>
      statement({ id: undefined, timestamp: `2026-03-01T09:0${minute}:00Z` }),
    )
    const file = fileOf('no-ids.ndjson', lines)
    expect((await bring(file)).output).toContain('5 statements stored')
    expect((await bring(file, { name: 'once more' })).output).toContain(
      '0 statements stored, 5 were there already',
    )
    writeFileSync(at('no-ids.gz'), gzipSync(readFileSync(file)))
    expect((await bring(at('no-ids.gz'), { name: 'packed' })).output).toContain(
      '0 statements stored, 5 were there already',
    )
  })

  it('that is complete is not run again, and another file or purpose cannot take its name', async () => {
    const file = fileOf('first.ndjson', [statement()])
    await bring(file, { name: 'old' })
    expect(await bring(file, { name: 'old' })).toMatchObject({
      exit: 0,
      output: expect.stringContaining('imported already'),
    })
    expect(await bring(fileOf('second.ndjson', [statement()]), { name: 'old' })).toMatchObject({
      exit: 2,
      output: expect.stringContaining('--name'),
    })
    expect(await bring(file, { name: 'old', purpose: 'preview' })).toMatchObject({ exit: 2 })
  })

  // Minutes of patience: a busy machine counts slowly on the stand-in.
  it('goes on where it was stopped: every line once, refused ones listed once', {
    timeout: 120_000,
  }, async () => {
    const people = Array.from({ length: LINES }, (_, n) =>
      statement({
        actor: learner(`p-${n % PEOPLE}`),
        timestamp: new Date(Date.UTC(2026, 0, 2) + n * 60_000).toISOString(),
      }),
    )
    const lines = people.map((one, n) => (n % (LINES / 20) === 7 ? '{' : one))
    const file = fileOf('long.ndjson', lines)
    const before = await active()
    const first = await run({ file, purpose: 'learner', dryRun: false, name: 'long' }, 1)
    expect(first).toMatchObject({ exit: 2, output: expect.stringContaining('stopped after line') })
    const second = await bring(file, { name: 'long' })
    expect(second).toMatchObject({
      exit: 1,
      output: expect.stringMatching(/going on with long after line [1-9]/),
    })
    expect(second.output).toContain(
      `${LINES} lines, ${LINES - 20} statements stored, 0 were there already, 20 lines refused`,
    )
    const faults = readFileSync(`${file}.errors.ndjson`, 'utf8').trim().split('\n')
    expect(faults.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual(
      Array.from({ length: 20 }, (_, k) => (k * LINES) / 20 + 8),
    )
    expect((await active()) - before).toBe(PEOPLE)
  })

  it('lets the time its source received a statement decide where it has no other (ruling 37)', async () => {
    const year = new Date(server.clock.now()).getUTCFullYear()
    const before = await active(`${year}-01-01`)
    const old = { timestamp: undefined, stored: '2024-06-01T10:00:00.000Z' }
    const coming = { timestamp: undefined, stored: '2999-01-01T00:00:00.000Z' }
    await bring(
      fileOf('times.ndjson', [
        statement({ ...old, actor: learner('old') }),
        statement({ ...coming, actor: learner('new') }),
      ]),
    )
    expect(await active('2024-01-01')).toBe(1)
    expect((await active(`${year}-01-01`)) - before).toBe(1)
  })

  it('counts nobody when its purpose is preview', async () => {
    const before = await active()
    const one = statement({ actor: learner('only-previews') })
    await bring(fileOf('previews.ndjson', [one]), { purpose: 'preview' })
    expect(await active()).toBe(before)
  })

  it('of a file that is not there, or torn, ends with 2 and one sentence', async () => {
    expect(await bring(at('nowhere.ndjson'))).toEqual({
      exit: 2,
      output: expect.stringContaining('nowhere.ndjson'),
    })
    writeFileSync(at('torn.gz'), gzipSync('{}\n'.repeat(1000)).subarray(0, 30))
    expect((await bring(at('torn.gz'))).exit).toBe(2)
  })
})

describe('a dry run', () => {
  it('stores nothing and says for each window what the import then does', { timeout: 90_000 }, async () => {
    const stays = statement({ actor: learner('stays') })
    const goes = statement({ actor: learner('goes') })
    await server.send([stays, goes, statement({ actor: learner('other') })])
    const inside = statement({ actor: learner('inside') })
    const voiding = (id: unknown) =>
      statement({
        verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
        object: { objectType: 'StatementRef', id },
      })
    const lines = [
      stays,
      statement({ actor: learner('stays') }),
      statement({ actor: learner('new-1') }),
      statement({ actor: learner('new-2') }),
      statement({ actor: { mbox: 'mailto:two@example.org' } }),
      // The same person by the hash of the mailbox (in-the-wild §6.2, 3).
      statement({
        actor: { mbox_sha1sum: createHash('sha1').update('mailto:two@example.org').digest('hex') },
      }),
      statement({ actor: learner('past'), timestamp: '2025-05-05T05:05:05Z' }),
      voiding(goes.id),
      voiding(inside.id),
      inside,
      statement({
        actor: learner('page'),
        object: {
          id: 'https://lms.example.org/page/1',
          definition: { type: 'http://activitystrea.ms/schema/1.0/page' },
        },
        context: {},
      }),
      '[]',
    ]
    const file = fileOf('dry.ndjson', lines)
    const before = { 2025: await active('2025-01-01'), 2026: await active() }
    const { exit, output } = await bring(file, { dryRun: true })
    expect(exit).toBe(1)
    expect(output).toContain('10 statements would be stored, 1 are there already, 1 lines would be refused')
    expect({ 2025: await active('2025-01-01'), 2026: await active() }).toEqual(before)
    expect(existsSync(`${file}.errors.ndjson`)).toBe(false)
    const [, now, then] = /2026-01-01\S*: (\d+) now, (\d+) then/.exec(output) ?? []
    const [, then2025] = /2025-01-01\S*: 0 now, (\d+) then/.exec(output) ?? []
    expect(Number(now)).toBe(before[2026])

    await bring(file)
    expect({ 2025: await active('2025-01-01'), 2026: await active() }).toEqual({
      2025: Number(then2025),
      2026: Number(then),
    })
    expect(Number(then)).not.toBe(before[2026])
  })
})

describe('the commands', { timeout: 120_000 }, () => {
  const lines = (name: string) => readFileSync(at(name), 'utf8').trim().split('\n')

  it('import and export work with and without a server, with their exit codes', async () => {
    const one = at('one')
    const file = fileOf('cli.ndjson', [statement(), statement(), '{'])
    const offline = await runCli(one, 'import', file, '--purpose', 'learner')
    expect([offline.code, offline.output]).toEqual([1, expect.stringContaining('2 statements stored')])
    const served = await serveProcess(one)
    const resend = await runCli(one, 'import', file, '--purpose', 'learner', '--name', 'again')
    expect([resend.code, resend.output]).toEqual([1, expect.stringContaining('2 were there already')])
    expect((await runCli(one, 'export', at('cli-out.ndjson'))).code).toBe(0)
    expect(lines('cli-out.ndjson')).toHaveLength(2)
    await served.end('SIGTERM')
    await storeOf(one).drop()
  })

  it('ruling 37: an import that crosses a level tells nobody, not even later; who crosses the next one does', async () => {
    const one = at('muted')
    const served = await serveProcess(one)
    interface Item {
      level: string
      state: string
      recipient: string | null
    }
    const policy = (id: string, levels: string[]) =>
      served.api('/policies', {
        method: 'POST',
        body: { ...YEAR, id, alerts: levels.map((level) => ({ at: level, to: ['ana@example.org'] })) },
      })
    /** When there are so many. */
    const alertsOf = async (id: string, count: number): Promise<string[]> => {
      for (;;) {
        const { items } = await served.api<{ items: Item[] }>(`/alerts?policy=${id}`)
        const settled = items.every(({ state }) => state !== 'pending')
        if (items.length >= count && settled)
          return items.map(({ level, state }) => `${level} ${state}`).sort()
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    const now = new Date().toISOString()
    const people = (...names: string[]) =>
      names.map((name) => statement({ actor: learner(name), timestamp: now }))
    await policy('told', ['2', '3', '4'])
    const file = fileOf('muted.ndjson', people('a', 'b', 'c'))
    expect((await runCli(one, 'import', file, '--purpose', 'learner')).code).toBe(0)
    expect(await alertsOf('told', 2)).toEqual(['2 muted', '3 muted'])
    // Muted until what it brought is counted: a policy that is made then is told of.
    for (let probe = 1, state = ''; !state.endsWith('kept'); probe += 1) {
      await policy(`probe-${probe}`, ['1'])
      state = (await alertsOf(`probe-${probe}`, 1))[0] ?? ''
    }
    await served.post(people('d'))
    // No mail server is set.
    expect(await alertsOf('told', 3)).toEqual(['2 muted', '3 muted', '4 kept'])
    await served.end('SIGTERM')
    await storeOf(one).drop()
  })

  itOn(
    'sqlite',
    'an import beside a server that is stopped, or whose server goes away, ends with 2 and says that it can go on',
    async () => {
      const one = at('stopped')
      const made = Array.from({ length: 20_000 }, () => JSON.stringify(statement()))
      const file = fileOf('stopped.ndjson', made)
      const bringing = ['import', file, '--purpose', 'learner', '--name', 'stopped'] as const
      const first = await serveProcess(one)
      const stopped = await runCli(one, ...bringing, (output, child) => {
        // Once: a second one would end it at once.
        if (/10 %.*\n$/.test(output) && output.split('\n').length === 2) child.kill('SIGINT')
      })
      expect(stopped).toMatchObject({ code: 2, output: expect.stringContaining('stopped; the same command') })
      const left = await runCli(one, ...bringing, (output) => {
        if (/[5-9]0 %/.test(output)) first.process.kill('SIGKILL')
      })
      expect(left).toMatchObject({
        code: 2,
        output: expect.stringMatching(/going on with stopped after line .*went away/s),
      })
      const second = await serveProcess(one)
      expect(await runCli(one, ...bringing)).toMatchObject({
        code: 0,
        output: expect.stringMatching(
          /20000 lines, \d+ statements stored, \d+ were there already, 0 lines refused/,
        ),
      })
      await second.end('SIGTERM')
    },
  )

  itOn(
    'sqlite',
    'backup and restore work beside a server and without one, with their exit codes',
    async () => {
      const [one, two] = [at('kept-one'), at('kept-two')]
      const served = await serveProcess(one)
      await served.post([statement(), statement()])
      expect((await runCli(one, 'export', at('kept-out.ndjson'))).code).toBe(0)
      expect((await runCli(one, 'backup', at('kept'))).code).toBe(0)
      expect(await runCli(one, 'backup', at('kept'))).toMatchObject({
        code: 1,
        output: expect.stringContaining('exists already'),
      })
      expect(await runCli(one, 'restore', at('kept'), '--replace')).toMatchObject({
        code: 1,
        output: expect.stringContaining('in use'),
      })
      await served.post(statement({ id: randomUUID() }))
      await served.end('SIGTERM')

      expect(await runCli(two, 'restore', at('kept'))).toMatchObject({
        code: 0,
        output: expect.stringContaining('is in place'),
      })
      expect((await runCli(two, 'export', at('kept-two.ndjson'))).code).toBe(0)
      expect(lines('kept-out.ndjson')).toHaveLength(2)
      expect(lines('kept-two.ndjson')).toEqual(lines('kept-out.ndjson'))
      expect((await runCli(two, 'restore', at('nowhere'))).code).toBe(1)
    },
  )

  itOn(
    'mongodb',
    'backup and restore leave MongoDB to its own tools: one sentence and exit code 1',
    async () => {
      for (const command of ['backup', 'restore'])
        expect(await runCli(server.directory, command, at('nothing'))).toMatchObject({
          code: 1,
          output: expect.stringMatching(/tools/),
        })
      expect(existsSync(at('nothing'))).toBe(false)
    },
  )
})
