/**
 * Rulings 28 and 29, interleaving by interleaving: two processes on one database, each call of which can be held up, made
 * to fail before or after it happened, or never to return.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { SEQS } from '../../src/store/mongo/driver/keys-of.ts'
import type { Batch, BatchOutcome, IncomingStatement } from '../../src/store/ports.ts'
import { newTenant } from '../contract/opened.ts'
import {
  batchOf,
  factOf,
  selectionOf,
  statementAbout,
  statementOf,
  voidingOf,
} from '../contract/statement-fixtures.ts'
import {
  brokenConnection,
  brokenSocket,
  type Call,
  type Moment,
  noRoom,
  notPrimary,
  upsertRace,
  writeConflict,
} from '../harness/faults.ts'
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
const listed = async (by: TestProcess, since?: number) =>
  (await by.statements.select(T, selectionOf({ limit: 1000, ...(since !== undefined && { since }) }))).items
const idsOf = async (by: TestProcess) => (await listed(by)).map(({ id }) => id).sort()
const sorted = (...statements: IncomingStatement[]) => statements.map(({ id }) => id).sort()
function storedOf(outcome: BatchOutcome): number {
  if (outcome.outcome !== 'stored') throw new Error(`expected stored, got ${outcome.outcome}`)
  return outcome.stored
}
const isCommit = (call: Call) => JSON.stringify(call.args[1]).includes('"committed"')
const isShowing = (call: Call) => JSON.stringify(call.args[0]).includes('$rename')

describe('a batch and its journal (ruling 28)', () => {
  it('killed between claims and commit: nobody sees anything of it, it is undone, and its ids are free', async () => {
    const [one, two] = [statementOf(), statementOf()]
    const commit = a.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    void insert(a, one, two)
    await commit.reached
    expect(await b.statements.find(T, one.id)).toBeNull()
    expect(await idsOf(b)).toEqual([])
    await world.sweepAfterSilence(b)
    expect(await leftovers(b)).toEqual(NOTHING_LEFT)
    const other = statementOf({ id: one.id, verb: 'http://example.org/verbs/other' })
    expect(await insert(b, other)).toMatchObject({ outcome: 'stored', existing: [] })
  })

  it('killed after the commit, before anything is visible: it is completed', async () => {
    const [one, two] = [statementAbout('account:https://lms.example.org|ana'), statementOf()]
    const commit = a.faults.pause('journal.findOneAndUpdate', 'after', isCommit)
    void insert(a, one, two)
    await commit.reached
    expect(await idsOf(b)).toEqual([])
    await world.sweepAfterSilence(b)
    expect(await idsOf(b)).toEqual(sorted(one, two))
    expect(await b.core.collections.marks.countDocuments({ tenant: T })).toBe(1)
    expect(await leftovers(b)).toEqual(NOTHING_LEFT)
  })

  it('killed after the commit: who asks for one of its ids completes it, without waiting for the sweeper', async () => {
    const one = statementOf()
    const commit = a.faults.pause('journal.findOneAndUpdate', 'after', isCommit)
    void insert(a, one)
    await commit.reached
    expect((await b.statements.find(T, one.id))?.raw).toBe(one.raw)
    expect(await insert(b, one)).toMatchObject({ outcome: 'stored', existing: [one.id] })
  })

  it('slept from its claims until it was aborted: the commit is refused, and it is stored again, later', async () => {
    const [one, two] = [statementOf(), statementOf()]
    const commit = a.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    const storing = insert(a, one, two)
    await commit.reached
    await world.sweepAfterSilence(b)
    const between = statementOf()
    const stored = storedOf(await insert(b, between))
    const horizon = await b.statements.consistentThrough()
    await a.core.epochs.beat()
    commit.resume()
    expect(storedOf(await storing)).toBeGreaterThan(Math.max(stored, horizon))
    expect(await idsOf(b)).toEqual(sorted(one, two, between))
  })

  it('slept before its claims until it was aborted: what it then writes is never seen, and whoever wants the ids gets them', async () => {
    const one = statementOf()
    const claim = a.faults.pause('statements.insertMany', 'before')
    const commit = a.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    void insert(a, one)
    await claim.reached
    await world.sweepAfterSilence(b)
    claim.resume()
    await commit.reached
    // The claim is there, its journal and its reservation are not.
    expect(await b.core.collections.statements.countDocuments({ tenant: T })).toBe(1)
    expect(await b.statements.find(T, one.id)).toBeNull()
    expect(await b.statements.scan(T, 0, 10)).toEqual([])
    const other = statementOf({ id: one.id, verb: 'http://example.org/verbs/other' })
    expect(await insert(b, other)).toMatchObject({ outcome: 'stored', existing: [] })
    commit.resume()
    expect((await b.statements.find(T, one.id))?.raw).toBe(other.raw)
  })

  it('claims that a sleeper wrote too late are swept away', async () => {
    const claim = a.faults.pause('statements.insertMany', 'before')
    const commit = a.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    void insert(a, statementOf())
    await claim.reached
    await world.sweepAfterSilence(b)
    claim.resume()
    await commit.reached
    await world.sweepAfterSilence(b)
    expect(await b.core.collections.statements.countDocuments({ tenant: T })).toBe(0)
  })

  it('slept before its reservation until its journal was gone: it cannot commit, and holds no horizon back', async () => {
    const one = statementOf()
    const reserving = a.faults.pause('allocator.findOneAndUpdate', 'before')
    const storing = insert(a, one)
    await reserving.reached
    await world.sweepAfterSilence(b)
    await a.core.epochs.beat()
    reserving.resume()
    expect(await storing).toMatchObject({ outcome: 'stored' })
    expect(await idsOf(b)).toEqual([one.id])
    expect(await leftovers(b)).toEqual(NOTHING_LEFT)
  })

  it('slept while it was completing a batch that somebody else has completed since: nothing is undone by it', async () => {
    const one = statementAbout('account:https://lms.example.org|ana')
    const showing = a.faults.pause('statements.bulkWrite', 'before', isShowing)
    const storing = insert(a, one)
    await showing.reached
    await world.sweepAfterSilence(b)
    await insert(b, voidingOf(one.id))
    showing.resume()
    await storing
    expect((await b.statements.find(T, one.id))?.voided).toBe(true)
    expect(await leftovers(b)).toEqual(NOTHING_LEFT)
  })

  it('the answer to the commit is lost: it is found committed, not tried again', async () => {
    const one = statementOf()
    const remove = a.faults.hook((call, moment) => {
      if (call.name !== 'journal.findOneAndUpdate' || moment !== 'after' || !isCommit(call)) return
      remove()
      throw brokenConnection()
    })
    const stored = storedOf(await insert(a, one))
    expect((await listed(b)).map(({ id, stored: at }) => [id, at])).toEqual([[one.id, stored]])
  })

  it('the answer to the commit is lost, and somebody else has completed it since: it is answered as stored', async () => {
    const one = statementOf()
    const remove = a.faults.hook(async (call, moment) => {
      if (call.name !== 'journal.findOneAndUpdate' || moment !== 'after' || !isCommit(call)) return
      remove()
      await world.sweepAfterSilence(b)
      throw brokenConnection()
    })
    expect(await insert(a, one)).toMatchObject({ outcome: 'stored', existing: [] })
    expect(await idsOf(b)).toEqual([one.id])
    expect(await leftovers(b)).toEqual(NOTHING_LEFT)
  })

  it.each<[string, boolean]>([
    ['equal content: it is there', true],
    ['other content: a conflict', false],
  ])('meets an id that is not decided yet and waits for the decision; %s', async (_name, equal) => {
    const one = statementOf()
    const commit = a.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    const first = insert(a, one)
    await commit.reached
    const rival = equal ? one : statementOf({ id: one.id, verb: 'http://example.org/verbs/other' })
    const second = insert(b, rival)
    const early = await Promise.race([
      second,
      new Promise((resolve) => setTimeout(() => resolve('waits'), 100)),
    ])
    expect(early).toBe('waits')
    commit.resume()
    await first
    expect(await second).toMatchObject(
      equal ? { outcome: 'stored', existing: [one.id] } : { outcome: 'conflict', ids: [one.id] },
    )
  })

  it('meets an id whose batch is given up, and takes it', async () => {
    const [one, beside] = [statementOf(), statementOf()]
    const commit = a.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    void insert(a, one)
    await commit.reached
    const other = statementOf({ id: one.id, verb: 'http://example.org/verbs/other' })
    const second = insert(b, beside, other)
    await world.sweepAfterSilence(b)
    expect(await second).toMatchObject({ outcome: 'stored', existing: [] })
    expect((await b.statements.find(T, one.id))?.raw).toBe(other.raw)
  })

  it('two batches that want the same ids in opposite order do not wait in a circle', async () => {
    const [first = '', middle = '', last = ''] = [randomUUID(), randomUUID(), randomUUID()].sort()
    const ordered = (verb: string, ids: readonly string[]) =>
      ids.map((id) => statementOf({ id, verb: `http://example.org/verbs/${verb}` }))
    const claiming = [a, b].map((one) => one.faults.pause('statements.insertMany', 'before'))
    const storing = [
      insert(a, ...ordered('a', [first, middle, last])),
      insert(b, ...ordered('b', [last, middle, first])),
    ]
    await Promise.all(claiming.map(({ reached }) => reached))
    // Both have looked and found all free. Now a third one takes what they want in the middle: each is to have one id
    // before it meets the other.
    const c = world.start()
    const commit = c.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    void insert(c, statementOf({ id: middle }))
    await commit.reached
    for (const { resume } of claiming) resume()
    await new Promise((resolve) => setTimeout(resolve, 100))
    const held = await b.core.collections.journal.findOne({ tenant: T, epoch: await c.core.epochs.current() })
    await b.core.journal.settle(held?._id ?? '')
    const outcomes = await Promise.all(storing)
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['conflict', 'stored'])
    const verbs = (await listed(a)).map(({ raw }) => (JSON.parse(raw) as { verb: { id: string } }).verb.id)
    expect(verbs).toHaveLength(3)
    expect(new Set(verbs).size).toBe(1)
  })

  it('does not wait for the target of a void while it holds claims: two that void each other’s statements both end', async () => {
    const [x, y] = [statementOf(), statementOf()]
    const outcomes = await Promise.all([insert(a, x, voidingOf(y.id)), insert(b, y, voidingOf(x.id))])
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'stored'])
    expect((await a.statements.find(T, x.id))?.voided).toBe(true)
    expect((await a.statements.find(T, y.id))?.voided).toBe(true)
  })
})

describe('voids and references from both sides (ruling 28)', () => {
  const target = () => statementOf({ terms: ['seen'], facts: [] })

  it.each<[string, string]>([
    ['the target becomes visible while the void looks for it', 'target'],
    ['the void becomes visible while the target looks for edges', 'void'],
  ])('%s: it is voided', async (_name, slow) => {
    const one = target()
    const voiding = voidingOf(one.id)
    const [late, quick] = slow === 'target' ? [one, voiding] : [voiding, one]
    // Who may void everything does not look at the target before, so nothing makes them wait for each other.
    const storeWith = (by: TestProcess, statement: IncomingStatement) =>
      by.statements.insert(T, batchOf([statement], { voidsOthers: true }))
    const showing = a.faults.pause('statements.bulkWrite', 'before', isShowing)
    const storing = storeWith(a, late)
    await showing.reached
    await storeWith(b, quick)
    showing.resume()
    await storing
    expect((await b.statements.find(T, one.id))?.voided).toBe(true)
    expect((await listed(b)).map(({ id }) => id)).toEqual([voiding.id])
  })

  it('both are past becoming visible before either looks: it is voided, and its learner marked', async () => {
    const id = randomUUID()
    const one = statementOf({ id, facts: [factOf(id)] })
    const [ofTarget, ofVoid] = [a, b].map((one) =>
      one.faults.pause('statements.bulkWrite', 'after', isShowing),
    )
    const storing = [insert(a, one), insert(b, voidingOf(id))]
    await Promise.all([ofTarget?.reached, ofVoid?.reached])
    ofTarget?.resume()
    ofVoid?.resume()
    await Promise.all(storing)
    expect((await b.statements.find(T, id))?.voided).toBe(true)
    expect(await b.core.collections.marks.countDocuments({ tenant: T })).toBe(1)
  })

  it('a void whose writer died after its target was marked voided marks the learner all the same', async () => {
    const id = randomUUID()
    await insert(b, statementOf({ id, facts: [factOf(id)] }))
    await b.core.collections.marks.deleteMany({ tenant: T })
    const marking = a.faults.pause('marks.bulkWrite', 'before')
    void insert(a, voidingOf(id))
    await marking.reached
    expect((await b.statements.find(T, id))?.voided).toBe(true)
    await world.sweepAfterSilence(b)
    expect(await b.core.collections.marks.countDocuments({ tenant: T })).toBe(1)
  })

  it('terms reach a referrer of a referrer while all three are being stored', async () => {
    const root = statementOf({ terms: ['root'] })
    const middle = statementOf({ terms: ['middle'], refersTo: root.id })
    const top = statementOf({ terms: ['top'], refersTo: middle.id })
    const c = world.start()
    const paused = [a, b, c].map((one) => one.faults.pause('statements.bulkWrite', 'after', isShowing))
    const storing = [insert(a, root), insert(b, middle), insert(c, top)]
    await Promise.all(paused.map(({ reached }) => reached))
    for (const { resume } of paused.toReversed()) resume()
    await Promise.all(storing)
    const found = await b.statements.select(T, selectionOf({ terms: ['root'] }))
    expect(found.items.map(({ id }) => id).sort()).toEqual(sorted(root, middle, top))
  })

  it('a writer that died while it handed terms on is taken over from the beginning', async () => {
    const root = statementOf({ terms: ['root'] })
    const middle = statementOf({ terms: ['middle'], refersTo: root.id })
    const top = statementOf({ terms: ['top'], refersTo: middle.id })
    await insert(b, middle)
    await insert(b, top)
    let handedOn = 0
    const stopped = a.faults.pause('statements.bulkWrite', 'after', () => handedOn++ === 0)
    void insert(a, root)
    await stopped.reached
    await world.sweepAfterSilence(b)
    const found = await b.statements.select(T, selectionOf({ terms: ['root'] }))
    expect(found.items.map(({ id }) => id).sort()).toEqual(sorted(root, middle, top))
  })
})

describe('stored, lists and Consistent-Through (ruling 29)', () => {
  it('a later reservation is complete first: lists and Consistent-Through end before the earlier one', async () => {
    const [slow, quick] = [statementOf(), statementOf()]
    const commit = a.faults.pause('journal.findOneAndUpdate', 'before', isCommit)
    const storing = insert(a, slow)
    await commit.reached
    const stored = storedOf(await insert(b, quick))
    expect((await b.statements.find(T, quick.id))?.stored).toBe(stored)
    expect(await idsOf(b)).toEqual([])
    expect(await b.statements.lastSeq(T)).toBe(0)
    expect(await b.statements.consistentThrough()).toBeLessThan(stored)
    commit.resume()
    const earlier = storedOf(await storing)
    expect(earlier).toBeLessThan(stored)
    expect((await listed(b)).map(({ id }) => id)).toEqual([slow.id, quick.id])
    expect(await b.statements.consistentThrough()).toBeGreaterThanOrEqual(stored)
  })

  it('batches that share an instant are listed together: one that ends first waits for the others', async () => {
    const { allocator, epochs } = a.core
    const epoch = await epochs.current()
    // The first goes alone, those that come while it is on its way go together.
    const asked = ['x', 'y', 'z'].map((batch) => allocator.reserve({ batch, epoch, size: 1 }))
    const [x, y, z] = await Promise.all(asked)
    expect(y?.stored).toBe(z?.stored)
    await allocator.close('x')
    await allocator.close('y')
    const held = await allocator.horizon()
    expect(held.seq).toBeLessThan((y?.number ?? 0) * SEQS)
    expect(held.seq).toBeGreaterThanOrEqual((x?.number ?? 0) * SEQS)
    expect(held.through).toBe((z?.stored ?? 0) - 1)
    await allocator.close('z')
    expect((await allocator.horizon()).seq).toBeGreaterThanOrEqual((z?.number ?? 0) * SEQS)
  })

  it('who polls with since, from the last it saw, misses nothing of writers that overtake each other', async () => {
    const seen: string[] = []
    let since = 0
    let writing = true
    const poll = async () => {
      for (const { id, stored } of await listed(b, since)) {
        seen.push(id)
        since = stored
      }
    }
    const poller = (async () => {
      while (writing) await poll()
    })()
    const processes = [a, b, world.start(), world.start()]
    for (const { faults } of processes)
      faults.hook(() => new Promise((resolve) => setTimeout(resolve, Math.random() * 6)))
    const written: string[] = []
    await Promise.all(
      processes.map(async (one) => {
        for (let n = 0; n < 8; n++) {
          const batches = Array.from({ length: 3 }, () => [statementOf(), statementOf()])
          await Promise.all(batches.map((batch) => insert(one, ...batch)))
          written.push(...batches.flat().map(({ id }) => id))
        }
      }),
    )
    writing = false
    await poller
    await poll()
    expect(seen.toSorted()).toEqual(written.toSorted())
  }, 60_000)

  it('what is stored after a horizon was promised is later, whichever process promised or stores', async () => {
    for (let n = 0; n < 10; n++) {
      const reserving = a.faults.pause('allocator.findOneAndUpdate', 'before')
      const storing = insert(a, statementOf())
      await reserving.reached
      const horizon = await b.statements.consistentThrough()
      reserving.resume()
      expect(storedOf(await storing)).toBeGreaterThan(horizon)
    }
  })

  it('never goes back when a process asks whose clock is behind', async () => {
    a.clock.moveBy(5_000)
    const stored = storedOf(await insert(a, statementOf()))
    const horizon = await a.statements.consistentThrough()
    expect(await b.statements.consistentThrough()).toBeGreaterThanOrEqual(Math.max(stored, horizon))
    expect(storedOf(await insert(b, statementOf()))).toBeGreaterThan(horizon)
    b.clock.moveBy(-60_000)
    const next = storedOf(await insert(b, statementOf()))
    expect(storedOf(await insert(a, statementOf()))).toBeGreaterThan(next)
  })

  it('a commit under an ended epoch is refused', async () => {
    const id = await a.core.journal.begin(T, 'statements')
    const reservation = await a.core.journal.reserve(id, 1)
    await world.sweepAfterSilence(b)
    expect(await a.core.journal.decide(reservation, 1)).toBe('unknown')
    const again = await a.core.journal.begin(T, 'statements')
    const second = await a.core.journal.reserve(again, 1)
    await b.core.collections.journal.updateOne({ _id: again }, { $set: { state: 'aborted' } })
    expect(await a.core.journal.decide(second, 1)).toBeNull()
    await a.core.journal.settle(again)
    expect(await leftovers(a)).toEqual(NOTHING_LEFT)
  })

  it('the answer to a reservation is lost: it is found, not made twice', async () => {
    const remove = a.faults.hook((call, moment) => {
      if (call.name !== 'allocator.findOneAndUpdate' || moment !== 'after') return
      remove()
      throw brokenConnection()
    })
    await insert(a, statementOf())
    expect(await leftovers(a)).toEqual(NOTHING_LEFT)
  })

  it('a mark of a batch that ends late is not covered by that of a later one which a count has seen', async () => {
    const ifi = 'account:https://lms.example.org|ana'
    const [early, late] = [statementAbout(ifi), statementAbout(ifi)]
    await insert(b, statementAbout(ifi))
    const showing = a.faults.pause('statements.bulkWrite', 'before', isShowing)
    const storing = insert(a, early)
    await showing.reached
    await insert(b, late)
    const seen = await b.core.collections.marks.findOne({ tenant: T })
    showing.resume()
    await storing
    // A recount that has seen `late` only clears what it has seen.
    const { deletedCount } = await b.core.collections.marks.deleteOne({
      tenant: T,
      generation: seen?.generation ?? -1,
    })
    expect(deletedCount).toBe(0)
    expect((await b.core.collections.marks.findOne({ tenant: T }))?.oldest).toBeLessThanOrEqual(
      seen?.oldest ?? -1,
    )
  })
})

/** A batch with everything in it: people, a mailbox with its hashes, a void of something stored, a void ahead. */
function fullBatch(stored: IncomingStatement): { batch: Batch; voided: string } {
  const [mailed, voidedHere] = [randomUUID(), randomUUID()]
  return {
    voided: voidedHere,
    batch: batchOf([
      statementAbout('account:https://lms.example.org|ana'),
      statementOf({ id: mailed, facts: [factOf(mailed, { learner: `mbox:mailto:${mailed}@example.org` })] }),
      voidingOf(stored.id),
      voidingOf(voidedHere),
      statementOf({ id: voidedHere, terms: ['x'] }),
      statementOf({ terms: ['y'], refersTo: stored.id }),
    ]),
  }
}

/** How many calls one such batch makes, and where. */
async function callsOfFullBatch(): Promise<number> {
  const one = world.start()
  const stored = statementOf()
  await one.statements.insert(T, batchOf([stored]))
  const before = one.faults.calls.length
  await one.statements.insert(T, fullBatch(stored).batch)
  return one.faults.calls.length - before
}

/** The batch is there whole with all its effects, or not at all. */
async function wholeOrNothing(
  by: TestProcess,
  stored: IncomingStatement,
  given: ReturnType<typeof fullBatch>,
) {
  const ids = given.batch.statements.map(({ id }) => id)
  const found = await Promise.all(ids.map((id) => by.statements.find(T, id)))
  const there = found.filter((one) => one !== null).length
  expect([0, ids.length]).toContain(there)
  const isThere = there > 0
  expect((await by.statements.find(T, stored.id))?.voided).toBe(isThere)
  expect(found.find((one) => one?.id === given.voided)?.voided ?? true).toBe(true)
  const { collections } = by.core
  expect(await collections.marks.countDocuments({ tenant: T })).toBe(isThere ? 4 : 0)
  expect(await collections.links.countDocuments({ tenant: T })).toBe(isThere ? 2 : 0)
  expect(await listed(by)).toHaveLength(isThere ? ids.length - 1 : 1)
  expect(await leftovers(by)).toEqual(NOTHING_LEFT)
  return isThere
}

/** Its own upkeep, without a restart, leaves it whole or nothing; then a resend stores it. */
async function settledAndResent(
  one: TestProcess,
  stored: IncomingStatement,
  given: ReturnType<typeof fullBatch>,
  where: string,
) {
  await one.core.journal.settleAbandoned()
  await wholeOrNothing(b, stored, given)
  expect(await one.statements.insert(T, given.batch)).toMatchObject({ outcome: 'stored' })
  expect(await wholeOrNothing(b, stored, given), where).toBe(true)
}

describe('a fault at any call', () => {
  const faults: [string, Moment, () => Error][] = [
    ['a connection that breaks before the command is carried out', 'before', brokenConnection],
    ['a connection that breaks after the command was carried out', 'after', brokenConnection],
    ['a socket that the other side has ended', 'before', brokenSocket],
    ['a write conflict (112)', 'before', writeConflict],
    ['a primary that steps down before the command is carried out', 'before', notPrimary],
    ['a primary that steps down after the command was carried out', 'after', notPrimary],
  ]
  it.each(faults)(
    '%s: the batch is stored whole, once',
    async (_name, moment, errorOf) => {
      const calls = await callsOfFullBatch()
      expect(calls).toBeGreaterThan(20)
      for (let nth = 0; nth < calls; nth++) {
        T = newTenant()
        const one = world.start()
        const stored = statementOf()
        await one.statements.insert(T, batchOf([stored]))
        let n = -1
        one.faults.hook((_call, at) => {
          if (at !== moment) return
          n += 1
          if (n === nth) throw errorOf()
        })
        const given = fullBatch(stored)
        expect(await one.statements.insert(T, given.batch)).toMatchObject({ outcome: 'stored', existing: [] })
        expect(await wholeOrNothing(b, stored, given), `call ${nth}`).toBe(true)
      }
    },
    120_000,
  )

  it('the loser’s error of an upsert race (11000) at any upsert: the batch is stored whole, once', async () => {
    const calls = await callsOfFullBatch()
    for (let nth = 0; nth < calls; nth++) {
      T = newTenant()
      const one = world.start()
      const stored = statementOf()
      await one.statements.insert(T, batchOf([stored]))
      let n = -1
      one.faults.hook((call, at) => {
        if (at !== 'before' || !JSON.stringify(call.args).includes('"upsert":true')) return
        n += 1
        if (n === nth) throw upsertRace()
      })
      const given = fullBatch(stored)
      await one.statements.insert(T, given.batch)
      expect(await wholeOrNothing(b, stored, given)).toBe(true)
      if (n < nth) break
    }
  }, 120_000)

  it.each<Moment>(['before', 'after'])(
    'the database is gone from there on (%s): refused as unavailable; when it is back it is whole or nothing, and a resend stores it',
    async (moment) => {
      const calls = await callsOfFullBatch()
      for (let nth = 0; nth < calls; nth++) {
        T = newTenant()
        const one = world.start()
        const stored = statementOf()
        await one.statements.insert(T, batchOf([stored]))
        let n = -1
        const remove = one.faults.hook((_call, at) => {
          if (at !== moment) return
          n += 1
          if (n >= nth) throw new Error('gone')
        })
        const given = fullBatch(stored)
        await expect(one.statements.insert(T, given.batch)).rejects.toThrow('gone')
        remove()
        await settledAndResent(one, stored, given, `call ${nth}`)
      }
    },
    120_000,
  )

  it('its disk is full from any write on: refused; when there is room it is whole or nothing, and a resend stores it', async () => {
    const calls = await callsOfFullBatch()
    const isWrite = ({ name }: { name: string }) =>
      !/\.(find|findOne|countDocuments|distinct|aggregate)$/.test(name)
    for (let nth = 0; nth < calls; nth++) {
      T = newTenant()
      const one = world.start()
      const stored = statementOf()
      await one.statements.insert(T, batchOf([stored]))
      let n = -1
      const remove = one.faults.hook((call, at) => {
        if (at !== 'before' || !isWrite(call)) return
        n += 1
        if (n >= nth) throw noRoom()
      })
      const given = fullBatch(stored)
      const outcome = one.statements.insert(T, given.batch)
      await outcome.catch(() => undefined)
      remove()
      if (n < nth) break
      await expect(outcome).rejects.toThrow('No space left')
      await settledAndResent(one, stored, given, `write ${nth}`)
    }
  }, 120_000)

  it.each<Moment>(['before', 'after'])(
    'killed there (%s): whole or nothing after a sweep; and if it only slept and wakes up then, its answer is true',
    async (moment) => {
      const calls = await callsOfFullBatch()
      for (let nth = 0; nth < calls; nth++) {
        T = newTenant()
        const [one, other] = [world.start(), world.start()]
        const stored = statementOf()
        await one.statements.insert(T, batchOf([stored]))
        let n = -1
        let wake: () => void = () => undefined
        const asleep = new Promise<void>((resolve) => {
          one.faults.hook((_call, at) => {
            if (at !== moment) return undefined
            n += 1
            if (n !== nth) return undefined
            resolve()
            return new Promise<void>((woken) => {
              wake = woken
            })
          })
        })
        const given = fullBatch(stored)
        const storing = one.statements.insert(T, given.batch)
        await asleep
        await world.sweepAfterSilence(other)
        await wholeOrNothing(other, stored, given)
        await one.core.epochs.beat()
        wake()
        expect(await storing, `call ${nth}`).toMatchObject({ outcome: 'stored' })
        expect(await wholeOrNothing(other, stored, given), `call ${nth}`).toBe(true)
      }
    },
    120_000,
  )
})
