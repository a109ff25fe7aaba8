import { verbs } from './iris.ts'
import { compare, type Work } from './work.ts'

const SKEW_MS = 5 * 60_000

/** Back-dated to the attempt's start, as the SCORM profile tells its clients to do (profile §5). */
function backdated(members: readonly Work[]): readonly Work[] {
  const starts = members.filter(({ fact }) => fact.verb === verbs.initialized).map(({ at }) => at)
  const start = starts.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY)
  return members.filter(
    ({ fact, at }) => fact.source === 'scorm-profile' && fact.verb === verbs.resumed && at === start,
  )
}

/** Ends of sessions of the attempt, in the order they were received. */
function sessionEnds(members: readonly Work[]): readonly Work[] {
  return members
    .filter(({ fact }) => fact.verb === verbs.suspended || fact.verb === verbs.terminated)
    .sort((a, b) => a.fact.stored - b.fact.stored || compare(a.fact.statementId, b.fact.statementId))
}

/**
 * When the back-dated `resumed` statements of one attempt really were (counting §1.5, 3): the end of the same session,
 * else when they were received. An end belongs to the session if it was received from the resume on and before the next
 * one, and does not lie before it: the ADL wrapper re-sends the end of the session before with its old time.
 * Without an `initialized` nobody can tell that a resume is back-dated, so it keeps its time.
 */
export function resumedTimes(members: readonly Work[]): ReadonlyMap<Work, number> {
  const resumes = backdated(members)
  const times = new Map<Work, number>()
  if (resumes.length === 0) return times
  const ends = sessionEnds(members)
  const received = [...new Set(resumes.map(({ fact }) => fact.stored))].sort((a, b) => a - b)
  const endAfter = new Map<number, number>()
  let index = 0
  received.forEach((stored, position) => {
    const next = received[position + 1] ?? Number.POSITIVE_INFINITY
    let best = Number.POSITIVE_INFINITY
    for (; index < ends.length && (ends[index]?.fact.stored ?? 0) < next; index += 1) {
      const end = ends[index]
      if (end && end.fact.stored >= stored && end.at >= stored - SKEW_MS) best = Math.min(best, end.at)
    }
    endAfter.set(stored, best === Number.POSITIVE_INFINITY ? stored : best)
  })
  for (const item of resumes) times.set(item, endAfter.get(item.fact.stored) ?? item.fact.stored)
  return times
}
