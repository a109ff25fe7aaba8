/**
 * A full disk: refused honestly, nothing half written, and over as soon as there is room, without a restart. Of the embedded
 * store, whose disk is ours; a MongoDB without room or gone: mongo-outage.test.ts and what it names.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCli, type Served, serveProcess } from '../harness/process.ts'
import { learner, statement } from '../harness/running.ts'

const BATCH = 20
const POLICY = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}

interface Disk {
  readonly data: string
  /** Leaves a little room only. */
  fill(served: Served): void
  /** Makes sure that no room is found again by moving what is there: the WAL could start from its beginning. */
  hold(served: Served): void
  free(served: Served): void
  remove(): void
}

/** A file system of 24 MB with a ballast in it: needs the right to mount. */
function smallFileSystem(directory: string): Disk {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'rollcall-test', directory])
  const ballast = join(directory, 'ballast')
  return {
    data: join(directory, 'data'),
    fill: () => writeFileSync(ballast, Buffer.alloc(14 * 1024 * 1024)),
    hold: () => undefined,
    free: () => rmSync(ballast),
    remove: () => execFileSync('umount', [directory]),
  }
}

/** No file of the process may grow beyond what it is now: writes fail in the middle, as on a full disk. */
function limitedFiles(directory: string): Disk {
  const data = join(directory, 'data')
  const limit = (served: Served, bytes: string) =>
    execFileSync('prlimit', ['--pid', String(served.process.pid), `--fsize=${bytes}:`])
  return {
    data,
    fill: (served) => {
      const sizes = ['rollcall.db', 'rollcall.db-wal'].map((name) => join(data, name)).filter(existsSync)
      limit(served, String(Math.max(...sizes.map((file) => statSync(file).size)) + 100_000))
    },
    hold: (served) => limit(served, '1'),
    free: (served) => limit(served, 'unlimited'),
    remove: () => undefined,
  }
}

function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-mount-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'rollcall-test', directory], { stdio: 'ignore' })
    execFileSync('umount', [directory])
    return true
  } catch {
    return false
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const disks: [string, (directory: string) => Disk][] = [['files that may not grow', limitedFiles]]
if (canMount()) disks.push(['a file system of 24 MB', smallFileSystem])

describe.each(disks)('a disk that is full (%s)', (_name, diskOf) => {
  let directory: string
  let disk: Disk
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rollcall-full-'))
    disk = diskOf(directory)
    mkdirSync(disk.data, { recursive: true })
  })
  afterEach(() => {
    disk.remove()
    rmSync(directory, { recursive: true })
  })

  const batchOf = () =>
    Array.from({ length: BATCH }, () =>
      statement({
        id: randomUUID(),
        actor: learner(`u-${Math.floor(Math.random() * 300)}`),
        result: { extensions: { 'https://example.org/x': 'y'.repeat(500) } },
      }),
    )
  const there = async (served: Served, batch: { id?: unknown }[]): Promise<number> => {
    const found = await Promise.all(batch.map(({ id }) => served.get(`statementId=${String(id)}`)))
    return found.filter(({ status }) => status === 200).length
  }

  it('answers 503 with Retry-After, keeps no half batch, says it is not ready, and goes on by itself when there is room', async () => {
    const served = await serveProcess(disk.data, { ROLLCALL_LOG: 'fatal' })
    await served.api('/policies', { method: 'POST', body: POLICY })
    const stored = [batchOf(), batchOf()]
    for (const batch of stored) expect((await served.post(batch)).status).toBe(200)

    disk.fill(served)
    const refused: Record<string, unknown>[][] = []
    for (let sent = 0; refused.length < 5 && sent < 3000; sent++) {
      const batches = [batchOf(), batchOf(), batchOf(), batchOf()]
      const answers = await Promise.all(batches.map((batch) => served.post(batch)))
      for (const [index, answer] of answers.entries()) {
        const batch = batches[index] as Record<string, unknown>[]
        if (answer.status === 200) {
          stored.push(batch)
          continue
        }
        expect(answer.status).toBe(503)
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
        refused.push(batch)
      }
    }
    expect(refused.length).toBeGreaterThanOrEqual(5)
    disk.hold(served)
    // Jobs fail meanwhile as well: nobody may die of that.
    await new Promise((resolve) => setTimeout(resolve, 7_000))
    for (const batch of refused.slice(0, 5)) expect(await there(served, batch)).toBe(0)
    for (const batch of [stored[0], stored.at(-1)]) expect(await there(served, batch ?? [])).toBe(BATCH)
    const ready = await fetch(`${served.url}/ready`)
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, reason: 'the store cannot be written' },
    ])
    expect((await fetch(`${served.url}/health`)).status).toBe(200)
    expect(await (await fetch(`${served.url}/metrics`)).text()).toMatch(
      /rollcall_refusals_total\{reason="unavailable"\} [1-9]/,
    )

    disk.free(served)
    await expect.poll(async () => (await fetch(`${served.url}/ready`)).status, { timeout: 10_000 }).toBe(200)
    for (const batch of refused) {
      expect((await served.post(batch)).status).toBe(200)
      expect(await there(served, batch)).toBe(BATCH)
    }
    const recount = await runCli(disk.data, 'recount', '--policy', 'year')
    expect(recount.output).toContain(`${(stored.length + refused.length) * BATCH} statements`)
    expect([recount.code, recount.output]).toEqual([0, expect.stringContaining('nothing differed')])
    expect(served.output.filter((line) => line.includes('thread died'))).toEqual([])
    expect(await served.end('SIGTERM')).toEqual({ code: 0, signal: null })
  }, 120_000)
})
