import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DerivationContext } from '../../src/attempts/derivation.ts'
import { derive } from '../../src/attempts/derive.ts'
import type { StoredFact } from '../../src/attempts/fact.ts'
import { isPreviewObstacle } from '../../src/attempts/preview.ts'
import { counted, meaning, resent, shuffled } from './order.ts'
import { historyOf, loadScenarios, storedFacts } from './scenario.ts'

const scenarios = loadScenarios()
const everything = historyOf(...scenarios)
const RUNS = { numRuns: 1000 }

/** Single statements of any scenario, and whole scenarios together: histories nobody wrote down. */
const scattered = fc.subarray([...everything.facts], { minLength: 1, maxLength: 30 })
const together = fc
  .subarray(
    scenarios.map(storedFacts).filter((facts) => facts.length > 0 && facts.length < 20),
    { minLength: 1, maxLength: 3 },
  )
  .chain((lists) => fc.subarray(lists.flat(), { minLength: 1 }))

/** All as statements of one learner: derive is told by its caller who is one person. */
const history = fc.oneof(scattered, together)
const context: DerivationContext = everything.context

describe('Attempts are sets (ruling 6, trap 18)', () => {
  it('any permutation of a history gives the same attempts and verdicts', () => {
    const orders = history.chain((facts) => fc.tuple(fc.constant(facts), shuffled(facts)))
    fc.assert(
      fc.property(orders, ([facts, order]) => {
        expect(meaning(derive(order, context))).toBe(meaning(derive(facts, context)))
      }),
      RUNS,
    )
  })

  it('statements sent again add nothing', () => {
    const pairs = history.chain((facts) => fc.tuple(fc.constant(facts), resent(facts).chain(shuffled)))
    fc.assert(
      fc.property(pairs, ([facts, again]) => {
        expect(counted(derive(again, context).attempts)).toBe(counted(derive(facts, context).attempts))
      }),
      RUNS,
    )
  })

  it('times of receipt that tie are no order', () => {
    const tied = history.map((facts) =>
      facts.map((fact) => ({ ...fact, at: null, stored: 1_740_819_600_000 })),
    )
    const orders = tied.chain((facts) => fc.tuple(fc.constant(facts), shuffled(facts)))
    fc.assert(
      fc.property(orders, ([facts, order]) => {
        expect(meaning(derive(order, context))).toBe(meaning(derive(facts, context)))
      }),
      { numRuns: 300 },
    )
  })
})

describe('What holds for every history', () => {
  const all = (check: (facts: readonly StoredFact[]) => void): void => {
    fc.assert(fc.property(history, check), { numRuns: 300 })
  }

  it('a statement is evidence exactly when nothing but a void stands against it, and evidence makes an attempt tracked', () => {
    all((facts) => {
      const { classified, attempts } = derive(facts, context)
      const tracked = new Set(attempts.filter((attempt) => attempt.tracked).map((attempt) => attempt.id))
      const evidence = classified.filter((one) => one.obstacles.every((obstacle) => obstacle === 'voided'))
      expect(new Set(evidence.map((one) => one.attempt))).toEqual(tracked)
    })
  })

  it('a preview is never evidence (ruling 4)', () => {
    all((facts) => {
      for (const { fact, obstacles } of derive(facts, context).classified) {
        if (fact.purpose === 'preview') expect(obstacles.some(isPreviewObstacle)).toBe(true)
      }
    })
  })

  it('voiding takes nobody’s attempt away (A23), unless it takes back a word on the launch', () => {
    all((facts) => {
      const voided = facts.map((fact) => (fact.launchMode || fact.origin ? fact : { ...fact, voided: true }))
      const tracked = (list: readonly StoredFact[]): readonly string[] =>
        derive(list, context).attempts.flatMap((attempt) => (attempt.tracked ? [attempt.id] : []))
      expect(tracked(voided)).toEqual(tracked(facts))
    })
  })

  it('attempts of different ids share no statement, and ids do not repeat', () => {
    all((facts) => {
      const { attempts } = derive(facts, context)
      expect(new Set(attempts.map((attempt) => attempt.id)).size).toBe(attempts.length)
    })
  })
})
