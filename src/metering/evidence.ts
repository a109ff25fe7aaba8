/** The statements of one learner that qualify under the versions of a policy, and those of them that came too late. */
import type { Classified } from '../attempts/derivation.ts'
import type { ClosedWindow } from './closing.ts'
import { type Cutoffs, cutoffsOf, keptOut, type LateFact, lateFacts } from './late.ts'
import { effectiveTime, NO_GROUPS, qualify } from './qualify.ts'
import type { Qualifying } from './reach.ts'
import { buriedEvidence, type Tombstone } from './tombstone.ts'
import { type PolicyVersion, reignOf } from './windows.ts'

/** What counting a learner depends on beside the statements. */
export interface Circumstances {
  /** ms; `minAgeHours` becomes true by it. Without it: at the end of all time. */
  readonly now?: number
  /** Names of the learner's groups (`learnerIn`): teams, roles, `test-accounts`. */
  readonly groups?: ReadonlySet<string>
  /** What is left of purged evidence, for the versions that go on counting it (ruling 8). */
  readonly tombstones?: readonly Tombstone[]
  /** Windows that have been closed, of any policies: what came after that may be late for them (ruling 15). */
  readonly closed?: readonly ClosedWindow[]
}

/** One learner under one policy. `versions` are the policy's, ascending. */
export interface Learner {
  readonly classified: readonly Classified[]
  readonly versions: readonly PolicyVersion[]
  readonly now: number
  /** For each version, what qualifies under it at a time it decides; of a rolling one at any time. */
  readonly qualifying: readonly (readonly Qualifying[])[]
  /** For each version, what is too old (`maxBackdateDays`). */
  readonly tooOld: readonly (readonly Qualifying[])[]
  /** What came too late for its window, unless that becomes an adjustment. */
  readonly late: readonly LateFact[]
  /** Of the windows those stay out of: up to which number statements were known when they were closed. */
  readonly closedTo: Cutoffs
}

export function learnerOf(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  { now = Number.POSITIVE_INFINITY, groups = NO_GROUPS, tombstones = [], closed = [] }: Circumstances,
): Learner {
  const found = versions.map((_, index) => judged(classified, versions, index, groups))
  for (const one of tombstones) {
    const index = versions.findIndex(
      ({ policy, version }) => one.policy === policy.id && one.version === version,
    )
    found[index]?.qualifying.push(buriedEvidence(one))
  }
  const qualifying = found.map((one) => one.qualifying)
  const cutoffs = cutoffsOf(versions, closed)
  return {
    classified,
    versions,
    now,
    qualifying,
    tooOld: found.map(({ tooOld }) => tooOld),
    late: lateFacts(versions, qualifying, cutoffs),
    closedTo: keptOut(versions, cutoffs),
  }
}

function judged(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  index: number,
  groups: ReadonlySet<string>,
): { readonly qualifying: Qualifying[]; readonly tooOld: Qualifying[] } {
  const found = { qualifying: [] as Qualifying[], tooOld: [] as Qualifying[] }
  const { policy } = versions[index] as PolicyVersion
  const { from, until } =
    policy.window.kind === 'rolling' ? { from: -Infinity, until: Infinity } : reignOf(versions, index)
  for (const of of classified) {
    const at = effectiveTime(of, policy)
    if (at < from || at >= until) continue
    const result = qualify(of, policy, groups)
    const { statementId, stored } = of.fact
    if (result.qualifies)
      found.qualifying.push({ evidence: { statementId, at, stored, rule: result.rule }, of })
    else if (result.reason === 'back-dated')
      found.tooOld.push({ evidence: { statementId, at, stored, rule: 'back-dated' }, of })
  }
  return found
}
