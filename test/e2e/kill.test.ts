/** A killed server loses nothing it answered, keeps no half batch, and counts right again (promises Atomic, Durable, Exact). */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, type Served, serveProcess } from '../harness/process.ts'
import { learner, statement } from '../harness/running.ts'

const KILLS = 50
const WRITERS = 6
const BATCH = 7

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-kill-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const POLICY = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}

describe('SIGKILL in the middle of concurrent batches, 50 times', () => {
  it('keeps every answered statement, no half batch, and counts as a full recount does', async () => {
    /** Each batch by its ids: answered or not. */
    const batches: { ids: string[]; answered: boolean }[] = []
    const people = new Set<string>()
    let served = await serveProcess(directory)
    await served.api('/policies', { method: 'POST', body: POLICY })

    for (let kill = 0; kill < KILLS; kill++) {
      const writers = Array.from({ length: WRITERS }, () => writeUntilDead(served, batches, people))
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 180))
      expect(await served.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
      await Promise.all(writers)
      served = await serveProcess(directory)
    }

    const answered = batches.filter((batch) => batch.answered)
    expect(answered.length).toBeGreaterThan(KILLS)
    const stored = await allIds(served)
    for (const { ids, answered } of batches) {
      const there = ids.filter((id) => stored.has(id)).length
      expect(
        there === ids.length || (!answered && there === 0)
          ? 'whole'
          : `${there} of ${ids.length}, answered ${answered}`,
      ).toBe('whole')
    }

    const recount = await runCli(directory, 'recount', '--policy', 'year')
    expect(recount.output).toContain('nothing differed')
    expect(recount.code).toBe(0)
    const { activeLearners } = await served.api<{ activeLearners: number }>('/licence?policy=year')
    expect(activeLearners).toBe(await learnersIn(served))
    expect(await served.end('SIGTERM')).toEqual({ code: 0, signal: null })
  }, 300_000)
})

async function writeUntilDead(
  served: Served,
  batches: { ids: string[]; answered: boolean }[],
  people: Set<string>,
): Promise<void> {
  for (;;) {
    const ids = Array.from({ length: BATCH }, () => randomUUID())
    const batch = { ids, answered: false }
    batches.push(batch)
    try {
      const name = `u-${Math.floor(Math.random() * 200)}`
      const response = await served.post(ids.map((id) => statement({ id, actor: learner(name) })))
      if (response.status !== 200) throw new Error(String(response.status))
      batch.answered = true
      people.add(name)
    } catch {
      return
    }
  }
}

async function* pages(
  served: Served,
): AsyncGenerator<{ id: string; actor: { account: { name: string } } }[]> {
  let since = new Date(0).toISOString()
  for (;;) {
    const response = await served.get(`ascending=true&since=${since}`)
    const { statements } = (await response.json()) as {
      statements: { id: string; stored: string; actor: { account: { name: string } } }[]
    }
    if (statements.length === 0) return
    // A page may end inside one instant: go on from the last complete one.
    const last = statements.at(-1)?.stored
    const complete = statements.filter(({ stored }) => stored !== last)
    if (statements.length < 100) {
      yield statements
      return
    }
    yield complete
    since = complete.at(-1)?.stored ?? since
  }
}

async function allIds(served: Served): Promise<Set<string>> {
  const ids = new Set<string>()
  for await (const page of pages(served)) for (const { id } of page) ids.add(id)
  return ids
}

async function learnersIn(served: Served): Promise<number> {
  const names = new Set<string>()
  for await (const page of pages(served)) for (const { actor } of page) names.add(actor.account.name)
  return names.size
}
