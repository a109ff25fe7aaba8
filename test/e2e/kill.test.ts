/** A killed server loses nothing it answered, keeps no half batch, and counts right again (promises Atomic, Durable, Exact). */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { newDirectory, removeDirectory } from '../harness/mongo.ts'
import { runCli, type Served, serveProcess } from '../harness/process.ts'
import { learner, statement } from '../harness/running.ts'

/** A start on the stand-in for MongoDB takes seconds; what a kill leaves there is forced call by call in mongo-interleavings. */
const KILLS = inject('store') === 'sqlite' ? 50 : 8
const WRITERS = 6
const BATCH = 7

let directory: string
beforeAll(() => {
  directory = newDirectory('kill')
})
afterAll(async () => {
  await removeDirectory(directory)
})

const POLICY = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}

describe(`SIGKILL in the middle of concurrent batches, ${KILLS} times`, () => {
  it('keeps every answered statement, no half batch, and counts as a full recount does', async () => {
    /** Each batch by its ids: answered or not. */
    const batches: { ids: string[]; answered: boolean }[] = []
    const people = new Set<string>()
    let served = await serveProcess(directory)
    await served.api('/policies', { method: 'POST', body: POLICY })

    for (let kill = 0; kill < KILLS; kill++) {
      const writers = Array.from({ length: WRITERS }, () => writeUntilDead(served, batches, people))
      const before = answeredOf(batches)
      const answers = () => answeredOf(batches) - before
      // Every second time not before something was answered, however slow the machine is.
      if (kill % 2 === 0) await expect.poll(answers, { timeout: 20_000, interval: 5 }).toBeGreaterThan(2)
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 180))
      expect(await served.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
      await Promise.all(writers)
      served = await serveProcess(directory)
    }

    const answered = batches.filter((batch) => batch.answered)
    expect(answered.length).toBeGreaterThan(KILLS)
    await settled(served)
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

const answeredOf = (batches: readonly { answered: boolean }[]) =>
  batches.filter(({ answered }) => answered).length

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

/** What a killed server has left open is brought to its end; until then lists end before it. */
async function settled(served: Served): Promise<void> {
  const now = Date.now()
  const through = async () =>
    Date.parse((await served.get('limit=1')).headers.get('X-Experience-API-Consistent-Through') ?? '')
  await expect.poll(through, { timeout: 60_000, interval: 200 }).toBeGreaterThanOrEqual(now)
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
