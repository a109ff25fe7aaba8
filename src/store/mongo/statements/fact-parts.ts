/** Facts as their statement keeps them. */
import type { Fact, StoredFact } from '../../../attempts/fact.ts'
import { StoreError } from '../../store-error.ts'
import { identityKey } from '../driver/keys-of.ts'
import { receivedOf } from '../metering/marks.ts'
import type { FactPart, StatementDoc } from '../schema/collections.ts'

export type Evidence = Pick<
  StatementDoc,
  '_id' | 'facts' | 'who' | 'stored' | 'provenance' | 'voided' | 'seq'
>

/** As much of a statement as its facts need. */
export const EVIDENCE = {
  projection: { facts: 1, who: 1, stored: 1, 'provenance.received': 1, voided: 1, seq: 1 },
} as const

/** A Group may name one person twice: one fact is enough. */
export function factParts(facts: readonly Fact[]): readonly FactPart[] {
  const byLearner = new Map(facts.map((fact) => [identityKey(fact.learner), fact]))
  return [...byLearner].map(([who, fact]) => ({ who, data: JSON.stringify(fact) }))
}

/** @throws StoreError `damaged` */
export function factsIn(evidence: Evidence, wanted: (part: FactPart) => boolean): StoredFact[] {
  const { seq = 0, voided, facts } = evidence
  const stored = receivedOf(evidence)
  return facts.filter(wanted).map(({ data }) => ({ ...parsed(data, seq), seq, stored, voided }))
}

function parsed(data: string, seq: number): Fact {
  const fact = jsonOf(data)
  if (typeof fact === 'object' && fact !== null) return fact as Fact
  // Without the parser's sentence: it would quote what may be personal.
  throw new StoreError('damaged', `a stored fact of statement number ${seq} cannot be read`)
}

function jsonOf(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
