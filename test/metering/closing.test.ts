/** Snapshot + adjustments = as known today, whatever comes later and in whatever order (rulings 15, 16). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Booked,
  type ClosedWindow,
  differenceId,
  differences,
  dueAt,
  statusOf,
} from '../../src/metering/closing.ts'
import type { LearnerCount, Window } from '../../src/metering/count.ts'
import { type Policy, policySchema } from '../../src/metering/policy.ts'

const HOUR = 3_600_000
const policy: Policy = policySchema.parse({
  schema: 1,
  id: 'p',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'calendar', length: { months: 1 } },
})
const window: Window = { id: 'p.1.x', policy: 'p', version: 1, start: 100 * HOUR, end: 200 * HOUR }

describe('the state of a window', () => {
  const at = (now: number, given: object = {}) =>
    statusOf(window, policy, { recorded: 0, sealed: false, requested: false, now, ...given })

  it('Q4: half-open; Q13: 72 hours of grace, then it closes', () => {
    expect(dueAt(window, policy)).toBe(272 * HOUR)
    expect(at(window.start - 1)).toBe('future')
    expect(at(window.start)).toBe('open')
    expect(at(window.end - 1)).toBe('open')
    expect(at(window.end)).toBe('grace')
    expect(at(272 * HOUR - 1)).toBe('grace')
    expect(at(272 * HOUR)).toBe('closing')
    expect(at(window.end, { requested: true })).toBe('closing')
    expect(at(window.end, { sealed: true })).toBe('closed')
  })

  it('Q22a: one that ended before its policy was made is historical for ever', () => {
    expect(at(window.end, { recorded: window.end })).toBe('historical')
    expect(at(900 * HOUR, { recorded: window.end })).toBe('historical')
    expect(at(window.end, { recorded: window.end - 1 })).toBe('grace')
  })
})

const closed: ClosedWindow = { policy: 'p', version: 1, start: window.start, cutoff: 10 }
const evidence = { statementId: 's', at: window.start, stored: 1, rule: 'evidence' }
const KEYS = ['learner', 'activity:a', 'activity:b']

function countsOf(keys: readonly string[]): readonly LearnerCount[] {
  const counted = keys.map((key) => ({ windowStart: window.start, key, evidence }))
  return [{ policy: 'p', version: 1, counted, firstQualified: 1 }]
}

/** The books after writing what `differences` says, entries with a name that is there left out. */
class Books {
  readonly sealed: readonly { readonly learner: string; readonly key: string }[]
  readonly entries = new Map<string, { learner: string; key: string; delta: number; purged: boolean }>()

  constructor(sealed: Books['sealed']) {
    this.sealed = sealed
  }

  of(family: readonly string[]): readonly Booked[] {
    return family.flatMap((learner) =>
      KEYS.flatMap((key) => {
        const isMine = (one: { learner: string; key: string }) => one.learner === learner && one.key === key
        const rows = this.sealed.filter(isMine).length
        const mine = [...this.entries.values()].filter(isMine)
        if (rows + mine.length === 0) return []
        const sum = (list: typeof mine) => list.reduce((total, { delta }) => total + delta, 0)
        const purged = sum(mine.filter((one) => one.purged))
        const net = rows + sum(mine)
        const { policy: id, version, start } = closed
        return [{ policy: id, version, start, learner, key, net, purged, entries: mine.length, evidence }]
      }),
    )
  }

  write(learner: string, family: readonly string[], live: readonly string[], purge: boolean): void {
    for (const one of differences(learner, [closed], this.of(family), countsOf(live))) {
      const id = differenceId(one)
      const purged = (purge && one.delta < 0 && !one.merged) || one.unpurged
      if (!this.entries.has(id))
        this.entries.set(id, { learner: one.learner, key: one.key, delta: one.delta, purged })
    }
  }
}

const someKeys = fc.subarray(KEYS)
const steps = fc.array(
  fc.record({
    who: fc.constantFrom('a', 'b', 'c'),
    keys: someKeys,
    purge: fc.boolean(),
    merge: fc.boolean(),
  }),
  { maxLength: 12 },
)

describe('what later facts change', () => {
  it('1,000 histories: sealed rows + entries = what counts now, and the sealed rows never change', () => {
    fc.assert(
      fc.property(fc.tuple(someKeys, someKeys, someKeys), steps, (sealedKeys, later) => {
        const sealed = ['a', 'b', 'c'].flatMap((learner, index) =>
          (sealedKeys[index] ?? []).map((key) => ({ learner, key })),
        )
        const before = JSON.stringify(sealed)
        const books = new Books(sealed)
        const families = new Map(['a', 'b', 'c'].map((one) => [one, [one]]))
        const rootOf = (who: string) => [...families].find(([, all]) => all.includes(who))?.[0] ?? who
        for (const { who, keys, purge, merge } of later) {
          const root = rootOf(who)
          const other = [...families.keys()].find((one) => one !== root)
          if (merge && other) {
            families.set(root, [...(families.get(root) ?? []), ...(families.get(other) ?? [])])
            families.delete(other)
          }
          const family = families.get(root) ?? []
          books.write(root, family, keys, purge)
          const net = (key: string) =>
            books.of(family).reduce((sum, one) => sum + (one.key === key ? one.net : 0), 0)
          for (const key of KEYS) expect(net(key)).toBe(keys.includes(key) ? 1 : 0)
          // Nothing more is to be said, and saying it twice adds nothing.
          const size = books.entries.size
          books.write(root, family, keys, purge)
          expect(books.entries.size).toBe(size)
        }
        expect(JSON.stringify(books.sealed)).toBe(before)
      }),
      { numRuns: 1000 },
    )
  })

  it('Q21: who was one with somebody, left out, and split again counts again: each entry has a name of its own', () => {
    const books = new Books(['a', 'b'].map((learner) => ({ learner, key: 'learner' })))
    books.write('a', ['a', 'b'], ['learner'], false)
    books.write('a', ['a', 'b'], [], false)
    books.write('a', ['a'], ['learner'], false)
    books.write('b', ['b'], ['learner'], false)
    expect(['a', 'b'].map((one) => books.of([one]).map(({ net }) => net))).toEqual([[1], [1]])
  })

  it('1,000 histories: in whatever order late facts come, the sum is the same', () => {
    fc.assert(
      fc.property(someKeys, fc.array(someKeys, { maxLength: 6 }), (sealedKeys, states) => {
        const sumAfter = (order: readonly (readonly string[])[]) => {
          const books = new Books(sealedKeys.map((key) => ({ learner: 'a', key })))
          const known = new Set<string>(sealedKeys)
          for (const more of order) {
            for (const key of more) known.add(key)
            books.write('a', ['a'], [...known], false)
          }
          return books.of(['a']).reduce((sum, { net }) => sum + net, 0)
        }
        expect(sumAfter(states.toReversed())).toBe(sumAfter(states))
      }),
      { numRuns: 1000 },
    )
  })

  it('two counted people who are one take off the one who stands for nobody (Q21)', () => {
    const books = new Books([
      { learner: 'elder', key: 'learner' },
      { learner: 'younger', key: 'learner' },
    ])
    const found = differences('elder', [closed], books.of(['elder', 'younger']), countsOf(['learner']))
    expect(found).toMatchObject([{ delta: -1, learner: 'younger', merged: true }])
  })

  it('what a purge took is given back as that, not as a later fact (ruling 16)', () => {
    const books = new Books([{ learner: 'a', key: 'learner' }])
    books.write('a', ['a'], [], true)
    expect(differences('a', [closed], books.of(['a']), countsOf(['learner']))).toMatchObject([
      { delta: 1, unpurged: true },
    ])
  })
})
