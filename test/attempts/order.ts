/** Comparing derivations of one history in different orders, and what may be done to a history without changing them. */
import fc from 'fast-check'
import type { Attempt, Derivation } from '../../src/attempts/derivation.ts'
import type { StoredFact } from '../../src/attempts/fact.ts'

const text = (value: unknown): string => JSON.stringify(value)

/** Everything a derivation says, without the order and numbers of arrival; a text, since it is compared a thousand times. */
export function meaning({ attempts, classified }: Derivation): string {
  const verdicts = classified.map(({ fact, ...rest }) => text([fact.statementId, fact.learner, rest]))
  return [...attempts.map(text), ...new Set(verdicts.sort())].join('\n')
}

/** Some order of the facts; received times are kept, arrival numbers follow the new order. */
export function shuffled(facts: readonly StoredFact[]): fc.Arbitrary<readonly StoredFact[]> {
  return fc
    .shuffledSubarray([...facts], { minLength: facts.length, maxLength: facts.length })
    .map((order) => order.map((fact, seq) => ({ ...fact, seq })))
}

/** Statements sent again: with ids they are the same statement, without they are new ones with the same fingerprint. */
export function resent(facts: readonly StoredFact[]): fc.Arbitrary<readonly StoredFact[]> {
  return fc
    .subarray([...facts])
    .map((again) => [
      ...facts,
      ...again.map((fact) =>
        fact.fingerprint === undefined
          ? fact
          : { ...fact, statementId: `again-${fact.statementId}`, stored: fact.stored + 1000 },
      ),
    ])
}

/** What resending statements without ids may not change. */
export function counted(attempts: readonly Attempt[]): string {
  return attempts.map(({ statements, ...attempt }) => text(attempt)).join('\n')
}
