/** Batches that wait at the same time are committed together (commit-groups.ts), and rulings 28 and 30 hold for each. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BatchOutcome, IncomingStatement } from '../../src/store/ports.ts'
import { newTenant } from '../contract/opened.ts'
import {
  batchOf,
  selectionOf,
  statementAbout,
  statementOf,
  voidingOf,
} from '../contract/statement-fixtures.ts'
import { brokenConnection, type Call, writeConflict } from '../harness/faults.ts'
import { leftovers, NOTHING_LEFT, newWorld, type TestProcess, type World } from './mongo-processes.ts'

let world: World
let a: TestProcess
let b: TestProcess
let T: string
beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  a = world.start()
  b = world.start()
  T = newTenant()
})

const insert = (by: TestProcess, ...statements: IncomingStatement[]) =>
  by.statements.insert(T, batchOf(statements))
const idsOf = async (by: TestProcess) =>
  (await by.statements.select(T, selectionOf({ limit: 1000 }))).items.map(({ id }) => id).sort()
const other = ({ id }: IncomingStatement) => statementOf({ id, verb: 'http://example.org/verbs/other' })
const isCommit = (call: Call) => JSON.stringify(call.args[1]).includes('"committed"')
const isShowing = (call: Call) => JSON.stringify(call.args[0]).includes('$rename')
const ANA = 'account:https://lms.example.org|ana'

/** Two groups are on their way and held up before their commit; what is sent to `by` now waits, and goes as one group. */
async function whileWaiting(by: TestProcess, send: () => Promise<BatchOutcome>[]) {
  const held = [0, 1].map(() => by.faults.pause('journal.updateOne', 'before'))
  const first = insert(by, statementOf())
  await held[0]?.reached
  const second = insert(by, statementOf())
  await held[1]?.reached
  const looks = by.faults.calls.filter(({ name }) => name === 'statements.find').length
  const sent = send()
  // Each of them has looked.
  await expect
    .poll(() => by.faults.calls.filter(({ name }) => name === 'statements.find').length)
    .toBeGreaterThanOrEqual(looks + sent.length)
  await new Promise((resolve) => setTimeout(resolve, 30))
  return {
    go: async () => {
      for (const { resume } of held) resume()
      await Promise.all([first, second])
    },
    sent,
  }
}

const journalsBegun = ({ faults }: TestProcess) =>
  faults.calls.filter(({ name }) => name === 'journal.updateOne').length

describe('batches that wait together', () => {
  it('share one journal, are answered one by one, and each keeps its credential', async () => {
    const batches = [[statementOf(), statementOf()], [statementOf()], [statementOf()]]
    const waiting = await whileWaiting(a, () =>
      batches.map((statements, n) =>
        a.statements.insert(T, batchOf(statements, { credential: `credential ${n}` })),
      ),
    )
    const before = journalsBegun(a)
    await waiting.go()
    const outcomes = await Promise.all(waiting.sent)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'stored'])
    expect(journalsBegun(a) - before).toBe(1)
    const found = await a.statements.scan(T, 0, 10)
    expect(
      found
        .slice(2)
        .map(({ id, credential }) => `${credential} ${id}`)
        .sort(),
    ).toEqual(batches.flatMap((statements, n) => statements.map(({ id }) => `credential ${n} ${id}`)).sort())
    expect(await leftovers(a)).toEqual(NOTHING_LEFT)
  })

  it('with one id in two of them: the later one finds what the earlier one stored', async () => {
    const one = statementOf()
    const beside = statementOf()
    const waiting = await whileWaiting(a, () => [insert(a, one), insert(a, one, beside)])
    await waiting.go()
    const outcomes = await Promise.all(waiting.sent)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'stored'])
    // Either may have been the earlier one.
    const existing = outcomes.flatMap((outcome) => (outcome.outcome === 'stored' ? outcome.existing : []))
    expect(existing).toEqual([one.id])
    expect(await a.statements.find(T, beside.id)).not.toBeNull()
  })

  it('with one id and different contents: one is stored, the other a conflict', async () => {
    const one = statementOf()
    const waiting = await whileWaiting(a, () => [insert(a, one), insert(a, other(one), statementOf())])
    await waiting.go()
    const outcomes = await Promise.all(waiting.sent)
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['conflict', 'stored'])
    const isFirst = outcomes[0]?.outcome === 'stored'
    expect((await a.statements.find(T, one.id))?.raw).toBe((isFirst ? one : other(one)).raw)
  })

  it('one of which loses an id to another process: only that one is a conflict', async () => {
    const [taken, free] = [statementOf(), statementOf()]
    const waiting = await whileWaiting(a, () => [insert(a, taken), insert(a, free)])
    expect(await insert(b, other(taken))).toMatchObject({ outcome: 'stored' })
    await waiting.go()
    expect(await Promise.all(waiting.sent)).toMatchObject([
      { outcome: 'conflict', ids: [taken.id] },
      { outcome: 'stored', existing: [] },
    ])
    expect(await leftovers(a)).toEqual(NOTHING_LEFT)
  })

  it('one of which meets an id that a stopped process claims: the others do not wait for it', async () => {
    const [claimed, free] = [statementOf(), statementOf()]
    const waiting = await whileWaiting(a, () => [insert(a, claimed), insert(a, free)])
    const commit = b.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    const theirs = insert(b, other(claimed))
    await commit.reached
    await waiting.go()
    expect(await waiting.sent[1]).toMatchObject({ outcome: 'stored', existing: [] })
    commit.resume()
    expect(await theirs).toMatchObject({ outcome: 'stored' })
    expect(await waiting.sent[0]).toMatchObject({ outcome: 'conflict', ids: [claimed.id] })
  })

  it.each([
    ['before', 0],
    ['after', 3],
  ] as const)(
    'killed %s their common commit: %i of all their 3 statements are there',
    async (moment, expected) => {
      const batches = [[statementOf(), statementOf()], [statementOf()]]
      const waiting = await whileWaiting(a, () => batches.map((batch) => insert(a, ...batch)))
      const commit = a.faults.pause('journal.findOneAndUpdate', moment, (call) =>
        JSON.stringify(call.args[1]).includes('"size":3'),
      )
      // The two groups before it are through: what is left is this one's.
      await Promise.all([waiting.go(), commit.reached])
      await world.sweepAfterSilence(b)
      const there = await Promise.all(batches.flat().map(({ id }) => b.statements.find(T, id)))
      expect(there.filter((found) => found !== null)).toHaveLength(expected)
      expect(await leftovers(b)).toEqual(NOTHING_LEFT)
    },
  )

  it.each([
    ['a connection that breaks', brokenConnection],
    ['a write conflict', writeConflict],
  ])('%s at any of their calls: all are stored, each once', async (_name, errorOf) => {
    for (let nth = 0; nth < 9; nth++) {
      T = newTenant()
      const one = world.start()
      const batches = [[statementAbout(ANA)], [statementOf(), statementAbout(ANA)]]
      const waiting = await whileWaiting(one, () => batches.map((batch) => insert(one, ...batch)))
      const group = one.faults.pause('journal.updateOne', 'before')
      await waiting.go()
      await group.reached
      let n = -1
      one.faults.hook((_call, moment) => {
        if (moment !== 'after') return
        n += 1
        if (n === nth) throw errorOf()
      })
      group.resume()
      expect(await Promise.all(waiting.sent)).toMatchObject([
        { outcome: 'stored', existing: [] },
        { outcome: 'stored', existing: [] },
      ])
      expect(n, 'the fault has happened').toBeGreaterThanOrEqual(nth)
      expect(await idsOf(b)).toHaveLength(5)
      expect(await leftovers(b)).toEqual(NOTHING_LEFT)
    }
  })
})

describe('a writer that wakes up late', () => {
  it('shows nothing of what another batch claims under an id that was deleted in the meantime', async () => {
    const one = statementOf()
    const showing = a.faults.pause('statements.bulkWrite', 'before', isShowing)
    const storing = insert(a, one)
    await showing.reached
    await world.sweepAfterSilence(b)
    await b.core.collections.statements.deleteOne({ tenant: T, id: one.id })
    const c = world.start()
    const commit = c.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    const again = insert(c, other(one))
    await commit.reached
    showing.resume()
    await storing
    expect(await b.statements.find(T, one.id)).toBeNull()
    commit.resume()
    expect(await again).toMatchObject({ outcome: 'stored', existing: [] })
    expect((await b.statements.find(T, one.id))?.raw).toBe(other(one).raw)
    expect(await leftovers(b)).toEqual(NOTHING_LEFT)
  })

  it('marks a learner whose statement turns out to be voided under another generation than before (ruling 30)', async () => {
    const one = statementAbout(ANA)
    let looks = 0
    const looking = a.faults.pause('references.find', 'before', () => ++looks === 2)
    const marking = a.faults.pause('marks.bulkWrite', 'after')
    const storing = insert(a, one)
    await Promise.all([looking.reached, marking.reached])
    const { marks } = b.core.collections
    const seen = await marks.findOne({ tenant: T })
    // Somebody counts what this mark says, and the void comes.
    await insert(b, voidingOf(one.id))
    await marks.deleteMany({ tenant: T })
    marking.resume()
    looking.resume()
    await storing
    const again = await marks.findOne({ tenant: T })
    expect(again?.generation).toBeGreaterThan(seen?.generation ?? Infinity)
    expect((await b.statements.find(T, one.id))?.voided).toBe(true)
  })
})
