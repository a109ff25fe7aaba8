import type { LaunchRecord } from './derivation.ts'
import { groupBy } from './group-by.ts'

/** What a statement offers for finding the launch it came from. */
export interface LaunchQuery {
  /** Session-level keys, bare. */
  readonly sessions: readonly string[]
  readonly registration: string | undefined
  /** Ids under which the LMS may know the element. */
  readonly elements: readonly string[]
  /** Effective time of the session's or the statement's start, ms. */
  readonly at: number
}

const SKEW_MS = 5 * 60_000
const MAX_AGE_MS = 24 * 3_600_000

const earlierFirst = (a: LaunchRecord, b: LaunchRecord): number => a.at - b.at || (a.id < b.id ? -1 : 1)

/** Index of the first record after `at`. */
function firstAfter(records: readonly LaunchRecord[], at: number): number {
  let [low, high] = [0, records.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((records[middle]?.at ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low
}

/** The nearest of one list: before the instant by 24 h at most, or after it by the clocks' skew. */
function nearest(records: readonly LaunchRecord[], at: number): readonly LaunchRecord[] {
  const next = firstAfter(records, at)
  const [before, after] = [records[next - 1], records[next]]
  return [
    ...(before && at - before.at <= MAX_AGE_MS ? [before] : []),
    ...(after && after.at - at <= SKEW_MS ? [after] : []),
  ]
}

/**
 * Finds the launch record of a statement (P3, ruling 21). A record of its session decides; of several the latest, so a
 * correction wins. Otherwise the nearest by registration or element, where a tie goes to the earlier record.
 * @param records of one learner, under any of their identities
 */
export function launchFinder(records: readonly LaunchRecord[]): (query: LaunchQuery) => LaunchRecord | null {
  if (records.length === 0) return () => null
  const sorted = [...records].sort(earlierFirst)
  const sessions = groupBy(sorted, (record) => record.session ?? null)
  const registrations = groupBy(sorted, (record) => record.registration?.toLowerCase() ?? null)
  const elements = groupBy(sorted, (record) => record.element ?? null)
  return ({ sessions: keys, registration, elements: ids, at }) => {
    const ofSession = keys.flatMap((key) => sessions.get(key) ?? []).sort(earlierFirst)
    if (ofSession.length > 0) return ofSession.at(-1) ?? null
    const lists = [registrations.get(registration ?? ''), ...ids.map((id) => elements.get(id))]
    const candidates = lists.flatMap((list) => (list ? nearest(list, at) : []))
    const distance = (record: LaunchRecord): number => Math.abs(record.at - at)
    return candidates.sort((a, b) => distance(a) - distance(b) || earlierFirst(a, b))[0] ?? null
  }
}
