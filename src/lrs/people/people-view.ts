/** How people and what proves them are shown. */
import { profileOf } from '../../attempts/profile.ts'
import type { Evidence } from '../../metering/count.ts'
import type { Identity } from '../../store/ports.ts'
import { agentOfIdentifier } from '../../xapi/actor.ts'
import type { Identifier } from '../../xapi/types.ts'

export interface EvidenceView {
  readonly statementId: string
  readonly at: string
  readonly stored: string
  readonly rule: string
}

export function evidenceView({ statementId, at, stored, rule }: Evidence): EvidenceView {
  return { statementId, at: new Date(at).toISOString(), stored: new Date(stored).toISOString(), rule }
}

/** What the LMS calls them, else what their statements do. */
export function nameOf(identities: readonly Identity[]): string | null {
  const { name: given } = profileOf(identities)
  if (given !== null) return given
  return identities.find(({ seen, name }) => seen && name !== null)?.name ?? null
}

/** Only identifiers that really came in, or that somebody linked. */
export function identifiersOf(identities: readonly Identity[]): readonly Identifier[] {
  return identities.filter(({ seen }) => seen).map(({ ifi }) => agentOfIdentifier(ifi))
}

/** Who a row is about, as every list of people begins. */
export function learnerView<L extends string | null>(
  learner: L,
  identities: readonly Identity[],
): { readonly learner: L; readonly name: string | null; readonly identities: readonly Identifier[] } {
  return { learner, name: nameOf(identities), identities: identifiersOf(identities) }
}
