import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derive } from '../../src/attempts/derive.ts'
import type { StoredFact } from '../../src/attempts/fact.ts'
import { hitsOf, type Reach } from '../../src/attempts/hit.ts'
import { shuffled } from './order.ts'
import { at, context, fact } from './samples.ts'
import { historyOf, loadScenarios } from './scenario.ts'

const ALL = Number.MAX_SAFE_INTEGER
const T = at('2025-03-20T00:00:00Z')
const hit = (facts: readonly StoredFact[], reach: Partial<Reach>, alone = false) =>
  hitsOf(derive(facts, context()), { upTo: ALL, ...reach }, () => alone).map(
    ({ fact: one }) => one.statementId,
  )

describe('What a deletion hits', () => {
  const session = (key: string, day: string) =>
    fact({ keys: [{ kind: 'K2', key }], at: at(`${day}T09:00:00Z`) })

  it('A21: an attempt goes as a whole, and only when all its use is old enough', () => {
    const [begun, resumed] = [session('a', '2025-03-01'), session('a', '2025-04-01')]
    const old = [session('b', '2025-03-01'), session('b', '2025-03-02')]
    expect(hit([begun, resumed, ...old], { before: T })).toEqual(old.map(({ statementId }) => statementId))
    expect(hit([begun, resumed, ...old], { after: T })).toEqual([])
    expect(hit([begun, resumed, ...old], {})).toHaveLength(4)
  })

  it('ruling 2: what the gap joined is no key: each statement is hit on its own', () => {
    const [before, after] = [fact({ at: T - 60_000 }), fact({ at: T + 60_000 })]
    expect(derive([before, after], context()).attempts).toHaveLength(1)
    expect(hit([before, after], { before: T })).toEqual([before.statementId])
    expect(hit([before, after], { after: T })).toEqual([after.statementId])
  })

  it('the bounds are half-open: at `before` stays, at `after` goes', () => {
    const exactly = fact({ at: T })
    expect(hit([exactly], { before: T })).toEqual([])
    expect(hit([exactly], { after: T })).toEqual([exactly.statementId])
  })

  it('only the element named, and what belongs to no attempt only when it counts alone', () => {
    const other = fact({ object: { id: 'https://lms.example.org/x/2' } })
    const registered = fact({ verb: 'http://adlnet.gov/expapi/verbs/registered' })
    const all = [fact(), other, registered]
    expect(hit(all, { element: 'https://lms.example.org/x/2' })).toEqual([other.statementId])
    expect(hit(all, {})).not.toContain(registered.statementId)
    expect(hit(all, {}, true)).toContain(registered.statementId)
  })

  it('F10: statements that came after it was looked at are as if they were not there', () => {
    const [early, late] = [session('a', '2025-03-01'), session('a', '2025-04-01')]
    expect(hit([early, late], { before: T, upTo: early.seq })).toEqual([early.statementId])
  })
})

describe('Whatever the history', () => {
  const scenarios = historyOf(...loadScenarios())
  const facts = fc.subarray([...scenarios.facts], { minLength: 1, maxLength: 30 })
  const boundary = facts.chain((list) =>
    fc.tuple(fc.constant(list), fc.constantFrom(...list.map((one) => one.at ?? one.stored))),
  )

  it('A21: nothing used at or after the boundary goes, and what stays of before belongs to an attempt used later', () => {
    fc.assert(
      fc.property(boundary, ([list, before]) => {
        const derivation = derive(list, scenarios.context)
        const gone = new Set(hitsOf(derivation, { before, upTo: ALL }, () => true))
        const latest = ({ at: one, resumedAt }: { at: number; resumedAt: number }) => Math.max(one, resumedAt)
        const used = new Set(
          derivation.classified.filter((one) => latest(one) >= before).map((one) => one.attempt),
        )
        for (const one of derivation.classified) {
          if (latest(one) >= before) expect(gone.has(one)).toBe(false)
          else if (!gone.has(one)) expect(used.has(one.attempt)).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('ruling 6: the order of arrival hits nothing else', () => {
    const orders = boundary.chain(([list, before]) =>
      fc.tuple(fc.constant(list), shuffled(list), fc.constant(before)),
    )
    const ids = (list: readonly StoredFact[], before: number) =>
      hitsOf(derive(list, scenarios.context), { before, upTo: ALL }, () => false)
        .map(({ fact: one }) => `${one.statementId} ${one.learner}`)
        .sort()
    fc.assert(
      fc.property(orders, ([list, order, before]) => {
        expect(ids(order, before)).toEqual(ids(list, before))
      }),
      { numRuns: 1000 },
    )
  })
})
