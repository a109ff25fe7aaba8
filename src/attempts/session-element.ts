import { decideElement } from './element.ts'
import { compare, type Placed } from './work.ts'

/** Sessions (K1) by id, with the AUs whose cmi5 statements bear it: one by the standard, more from careless senders. */
function activitiesOfSessions(items: readonly Placed[]): ReadonlyMap<string, readonly Placed[]> {
  const sessions = new Map<string, Map<string, Placed>>()
  for (const item of items) {
    const session = item.fact.keys.find((key) => key.kind === 'K1')?.key
    if (session === undefined || item.detached || !item.fact.cmi5) continue
    const activities = sessions.get(session) ?? new Map<string, Placed>()
    if (!activities.has(item.decision.element)) activities.set(item.decision.element, item)
    sessions.set(session, activities)
  }
  return new Map(
    [...sessions].map(([session, activities]) => [
      session,
      [...activities.values()].sort((a, b) => compare(a.decision.element, b.decision.element)),
    ]),
  )
}

/**
 * Moves «cmi5 allowed» statements about pages and questions to the AU of their session (in-the-wild §3.3): their object is
 * a part of it, and they need not say so. What the catalogue knows by itself stays.
 */
export function toActivityOfSession(items: readonly Placed[]): readonly Placed[] {
  const sessions = activitiesOfSessions(items)
  if (sessions.size === 0) return items
  return items.map((item) => {
    const { fact, root } = item
    const session = fact.keys.find((key) => key.kind === 'K1')?.key
    if (fact.source !== 'cmi5' || fact.cmi5 || session === undefined || root.entries.length > 0) return item
    const activities = sessions.get(session) ?? []
    const [activity] = activities
    if (!activity || activities.some((other) => other.decision.element === item.decision.element)) return item
    return { ...item, root: activity.root, decision: decideElement(fact, activity.root, item.at) }
  })
}
