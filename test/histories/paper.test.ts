/** Properties of the pure rules over random histories (ruling 39: at least 1,000 each). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EVER } from '../../src/metering/count.ts'
import { type Act, histories } from './acts.ts'
import { ifiOf } from './deeds.ts'
import { Told } from './told.ts'

const RUNS = { numRuns: 1000 }
const BASE = Date.UTC(2027, 2, 1, 10, 17)

function toldOf(acts: readonly Act[]): Told {
  const told = new Told(BASE)
  for (const act of acts) told.perform(act)
  return told
}

function reordered<T>(list: readonly T[]): fc.Arbitrary<readonly T[]> {
  return fc.shuffledSubarray([...list], { minLength: list.length })
}

describe('ruling 6', () => {
  it('permutation, duplication and splitting of what was sent change nothing', () => {
    const orders = histories.chain((acts) => {
      const told = toldOf(acts)
      const { facts } = told.paper
      return fc.tuple(
        fc.constant(told),
        // Received times are kept, and with them which statement was stored before which (ruling 15).
        fc.subarray([...facts]).chain((more) => reordered([...facts, ...more])),
      )
    })
    fc.assert(
      fc.property(orders, ([told, order]) => {
        expect(told.explained(told.people(order))).toEqual(told.explained())
      }),
      RUNS,
    )
  })
})

describe('A25', () => {
  it('0 ≤ active ≤ total in every window, and whoever counts has qualified', () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const told = toldOf(acts)
        const counts = told.people().flatMap((one) => one.counts)
        const total = (policy: string) =>
          counts
            .filter((one) => one.policy === policy && one.firstQualified !== null)
            .reduce((sum, { standing }) => sum + (standing ?? [{ windowStart: EVER }]).length, 0)
        for (const [id, keys] of Object.entries(told.counted()))
          expect(keys.length, id).toBeLessThanOrEqual(total(id.split('.')[0] ?? ''))
      }),
      RUNS,
    )
  })

  it('an open window falls only by a physical delete, a merge, a split, a profile, or a correction of catalogue or launches', () => {
    const lowers = new Set(['merge', 'split', 'profile', 'catalogue', 'launch'])
    fc.assert(
      fc.property(histories, (acts) => {
        const told = new Told(BASE)
        let before = told.counted()
        for (const act of acts) {
          told.perform(act)
          const after = told.counted()
          const mayFall = lowers.has(act.act) || (act.act === 'delete' && act.mode === 'physical')
          for (const [id, keys] of Object.entries(before))
            if (!mayFall && !id.startsWith('strict'))
              expect(after[id], `${id} ${act.act}`).toEqual(expect.arrayContaining([...keys]))
          before = after
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('rulings 15, 16', () => {
  it('sealed rows and later entries are what counts today, in every closed window, whatever came after', () => {
    fc.assert(
      fc.property(histories, (acts) => {
        const told = toldOf(acts)
        const counted = told.counted()
        for (const id of told.books.closed) expect(told.books.known(id), id).toBe(counted[id]?.length ?? 0)
      }),
      RUNS,
    )
  })
})

describe('Q21', () => {
  it('a merge counts no more than both and no less than either, and a split gives back what was', () => {
    fc.assert(
      fc.property(histories, (acts) => {
        // A preview launch of one in a session of both is one of the person they are.
        const told = toldOf(acts.filter(({ act }) => act !== 'launch'))
        const before = told.counted()
        const [a, b] = [0, 1].map((who) => told.people().find(({ ifis }) => ifis.includes(ifiOf(who))))
        if (!a || !b || a === b || a.ifis.includes(ifiOf(1))) return
        const link = [0, 1] as const
        told.paper.link(link)
        const merged = told.counted()
        told.paper.unlink(link)
        expect(told.counted()).toEqual(before)
        const of = (rows: readonly string[] = [], ifis: readonly string[]) =>
          rows.filter((row) => ifis.includes(row.split(' ')[0] ?? ''))
        for (const id of Object.keys(before).filter((one) => one.startsWith('plain'))) {
          const [mine, yours] = [of(before[id], a.ifis).length, of(before[id], b.ifis).length]
          const both = of(merged[id], [...a.ifis, ...b.ifis]).length
          expect(both, id).toBe(Math.max(mine, yours))
        }
      }),
      RUNS,
    )
  })
})

describe('A21–A24', () => {
  it('a logical deletion takes nobody from a policy that counts voided evidence; a physical one leaves nothing to delete', () => {
    const cases = fc.tuple(histories, fc.constantFrom('logical' as const, 'physical' as const), fc.nat(3))
    fc.assert(
      fc.property(cases, ([acts, mode, who]) => {
        const told = toldOf(acts)
        const before = told.counted()
        told.paper.delete(mode, { who })
        const after = told.counted()
        const left = told.paper.facts.length
        told.paper.delete(mode, { who })
        expect(told.paper.facts).toHaveLength(left)
        expect(told.counted()).toEqual(after)
        if (mode === 'physical') return
        const counting = (rows: typeof before) =>
          Object.fromEntries(Object.entries(rows).filter(([id]) => !id.startsWith('strict')))
        expect(counting(after)).toEqual(counting(before))
      }),
      RUNS,
    )
  })
})
