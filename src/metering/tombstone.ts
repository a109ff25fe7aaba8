/** What is left of evidence that was physically deleted, for policies that go on counting it (`removal.purged: "counts"`, ruling 8). */
import type { Classified } from '../attempts/derivation.ts'
import { effectiveTime, qualify } from './qualify.ts'
import type { Qualifying } from './reach.ts'
import { type PolicyVersion, reignOf } from './windows.ts'

export interface Tombstone {
  /** Stands where evidence names its statement, and does not tell which one it was. */
  readonly id: string
  /** Canonical identifier of the learner. */
  readonly learner: string
  /** The policy version that the evidence qualified under, and still counts for. */
  readonly policy: string
  readonly version: number
  /** Effective time under that policy, ms. */
  readonly at: number
  /** When the statement was received, ms. */
  readonly stored: number
  /** Its number, by which it was late or not; absent in what earlier versions left: in time. */
  readonly seq?: number
  readonly element: string
  readonly attempt: string | null
  readonly subAccount?: string
}

/**
 * What a deletion leaves of one statement under the versions of one policy: a tombstone for each version that counts it now and
 * counts purged evidence. A policy made later finds nothing of it.
 * @param idOf a UUID for a name, the same for the same one, that does not tell it
 */
export function tombstonesFor(
  one: Classified,
  versions: readonly PolicyVersion[],
  groups: ReadonlySet<string>,
  idOf: (name: string) => string,
): readonly Tombstone[] {
  return versions.flatMap(({ policy, version }, index) => {
    if (policy.removal.purged !== 'counts' || !qualify(one, policy, groups).qualifies) return []
    const { from, until } =
      policy.window.kind === 'rolling' ? { from: -Infinity, until: Infinity } : reignOf(versions, index)
    const at = effectiveTime(one, policy)
    if (at < from || at >= until) return []
    const { element, attempt, fact } = one
    const { statementId, learner, stored, seq, subAccount } = fact
    const id = idOf([statementId, learner, policy.id, version].join('|'))
    const place = { element, attempt, ...(subAccount !== undefined && { subAccount }) }
    return [{ id, learner, policy: policy.id, version, at, stored, seq, ...place }]
  })
}

/** As evidence of the version that it still counts for: with as much of a statement as counting looks at. */
export function buriedEvidence({
  id,
  learner,
  at,
  stored,
  seq = 0,
  element,
  attempt,
  subAccount,
}: Tombstone): Qualifying {
  const fact = {
    statementId: id,
    learner,
    verb: '',
    object: { id: element },
    parents: [],
    groupings: [],
    source: 'other',
    keys: [],
    at,
    credential: '',
    purpose: 'learner',
    ...(subAccount !== undefined && { subAccount }),
    seq,
    stored,
    voided: false,
  } as const
  const of: Classified = {
    fact,
    at,
    resumedAt: at,
    element,
    elementRule: 'default',
    obstacles: [],
    launchModeUnknown: false,
    attempt,
  }
  return { evidence: { statementId: id, at, stored, rule: 'purged' }, of }
}
