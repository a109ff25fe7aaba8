/** Something that happens, told in the statements an LMS would send of it, and what a policy makes of it. */
import type { CatalogueEntry, DerivationContext, LaunchRecord } from '../../attempts/derivation.ts'
import { derive } from '../../attempts/derive.ts'
import type { Purpose, StoredFact } from '../../attempts/fact.ts'
import { factsOf } from '../../attempts/facts.ts'
import { groupBy } from '../../attempts/group-by.ts'
import type { Statement } from '../../xapi/types.ts'
import type { Policy } from '../policy.ts'
import { recount } from '../recount.ts'
import { tilingOf } from '../tiling.ts'
import { type PolicyVersion, windowAt, windowsHolding } from '../windows.ts'

/** A statement as it comes in. */
export interface Sent {
  readonly statement: Omit<Statement, 'timestamp'>
  /** When it says it happened, ms. */
  readonly at: number
  /** ms; by default a second later. */
  readonly received?: number
  readonly purpose?: Purpose
  readonly credential?: string
  readonly voided?: true
}

export interface Story {
  /** What had happened before. */
  readonly before?: readonly Sent[]
  readonly event: readonly Sent[]
  readonly launches?: readonly Omit<LaunchRecord, 'id' | 'learner'>[]
  readonly catalogue?: readonly CatalogueEntry[]
  /** The learner's. */
  readonly groups?: readonly string[]
  /** The window of the event is closed before the event is received. */
  readonly late?: true
}

/** When a policy's stories happen, ms. */
export interface Moments {
  /** In a window before that of `now`. */
  readonly earlier: number
  readonly now: number
  /** The end of the window of `now`; null where windows overlap. */
  readonly end: number | null
}

const HOUR = 3_600_000

export function momentsOf(policy: Policy): Moments {
  const versions = [versionOf(policy)]
  const origin = Math.max(tilingOf(policy.window).origin, Date.UTC(2026, 0, 1))
  const first = windowAt(versions, origin)
  const second = first && windowAt(versions, first.end)
  if (!second) throw new Error('a policy has a window after its first one')
  return {
    earlier: first.start + HOUR,
    now: second.start + HOUR,
    end: policy.window.kind === 'rolling' ? null : second.end,
  }
}

/** Whether the event adds a counted key in any window to what had happened before, once time has passed. */
export function adds(policy: Policy, story: Story): boolean {
  const { before = [], event } = story
  const without = countedKeys(policy, story, before)
  return [...countedKeys(policy, story, [...before, ...event])].some((key) => !without.has(key))
}

function versionOf(policy: Policy): PolicyVersion {
  return { policy, version: 1, effectiveFrom: null }
}

function countedKeys(policy: Policy, story: Story, sent: readonly Sent[]): ReadonlySet<string> {
  if (sent.length === 0) return new Set()
  const facts = sent.flatMap(storedFacts)
  const [learner] = facts.map((fact) => fact.learner)
  if (learner === undefined) return new Set()
  const mine = facts.filter((fact) => fact.learner === learner)
  const { classified } = derive(mine, contextOf(story, learner))
  const versions = [versionOf(policy)]
  const circumstances = { groups: new Set(story.groups), closed: closedBefore(versions, story) }
  return new Set(
    recount(classified, versions, circumstances).flatMap(({ counted }) =>
      counted.map(({ windowStart, key }) => `${windowStart} ${key}`),
    ),
  )
}

function storedFacts(
  { statement, at, received = at + 1_000, purpose = 'learner', credential = 'example', voided }: Sent,
  index: number,
): readonly StoredFact[] {
  const origin = { statementId: `example-${index}`, idGiven: true, credential, purpose }
  return factsOf({ ...statement, timestamp: new Date(at).toISOString() }, origin).map((fact) => ({
    ...fact,
    seq: index + 1,
    stored: received,
    voided: voided === true,
  }))
}

function contextOf({ launches = [], catalogue = [] }: Story, learner: string): DerivationContext {
  return {
    tenant: 'example',
    catalogue: groupBy(catalogue, ({ id }) => id),
    launches: launches.map((record, index) => ({ ...record, id: `example-${index}`, learner })),
    settings: { gapMinutes: 30, launchedCounts: 'auto', nonPersons: [] },
  }
}

function closedBefore(versions: readonly PolicyVersion[], { before = [], event, late }: Story) {
  if (!late) return []
  return event
    .flatMap(({ at }) => windowsHolding(versions, 0, at))
    .map(({ policy, version, start }) => ({ policy, version, start, cutoff: before.length }))
}
