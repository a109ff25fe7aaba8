/** Learners are handed out to everybody who can count, each to one of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type Counter, shareOut } from '../../src/lrs/counting/share-out.ts'
import type { Lease } from '../../src/store/ports.ts'

const LEASE: Lease = { name: 'drain', holder: 'one', fence: 1 } as Lease
const people = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ tenant: 't-1', learner: `l-${number}` }))

/** Counts in no time, and keeps whom it was given. */
function counter(each: (given: number) => Promise<unknown> = () => sleep(1)) {
  const given: string[][] = []
  const count: Counter = async (_lease, learners) => {
    given.push(learners.map(({ learner }) => learner))
    await each(given.length)
    return learners.length
  }
  return { count, given }
}

describe('sharing out', () => {
  it('gives everybody to exactly one, and everyone who can count gets some', async () => {
    const [here, helping] = [counter(), counter()]
    expect(await shareOut([here.count, helping.count], LEASE, people(1_000))).toBe(1_000)
    const all = [...here.given, ...helping.given].flat()
    expect(all.sort()).toEqual(
      people(1_000)
        .map(({ learner }) => learner)
        .sort(),
    )
    expect(here.given.length).toBeGreaterThan(3)
    expect(helping.given.length).toBeGreaterThan(3)
  })

  it('commits no more than 64 together, so that ingest gets its turn, and fewer towards the end, so that all end together', async () => {
    const here = counter()
    await shareOut([here.count], LEASE, people(200))
    expect(here.given.map(({ length }) => length)).toEqual([64, 64, 36, 18, 9, 8, 1])
  })

  it('waits for all to end before it tells that one has failed: nothing is written under the lease afterwards', async () => {
    let isOver = false
    const failing = counter(() => Promise.reject(new Error('the store is gone')))
    const slow = counter(async () => {
      await sleep(50)
      isOver = true
    })
    await expect(shareOut([failing.count, slow.count], LEASE, people(130))).rejects.toThrow(
      'the store is gone',
    )
    expect(isOver).toBe(true)
  })

  it('hands nothing out when it is late, so that lease and lock are renewed', async () => {
    const slow = counter(() => sleep(600))
    const written = await shareOut([slow.count], LEASE, people(64 * 10))
    expect(written).toBe(64 * 4)
  })
})
