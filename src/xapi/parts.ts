/** The parts of statements that more than one rule walks over. */
import type {
  Activity,
  ActivityOrList,
  Actor,
  Context,
  ContextActivities,
  Statement,
  StatementObject,
  SubStatement,
} from './types.ts'

export const CONTEXT_ACTIVITIES = ['parent', 'grouping', 'category', 'other'] as const

/** A single Activity stands for a list of one (1.0.3 Data §2.4.6.2). */
export function listOfActivities(value: ActivityOrList | undefined): readonly Activity[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly Activity[]) : [value as Activity]
}

/** Every Activity of all four lists. */
export function contextActivitiesOf(activities: ContextActivities | undefined): Activity[] {
  const found: Activity[] = []
  if (activities === undefined) return found
  for (const name of CONTEXT_ACTIVITIES) found.push(...listOfActivities(activities[name]))
  return found
}

/** The object as an Activity; null when it is something else. */
export function activityOf(object: StatementObject): Activity | null {
  return object.objectType === undefined || object.objectType === 'Activity' ? (object as Activity) : null
}

/** The object as an Agent or Group; null when it is something else. */
export function actorOf(object: StatementObject): Actor | null {
  return object.objectType === 'Agent' || object.objectType === 'Group' ? object : null
}

export function subStatementOf({ object }: Statement): SubStatement | null {
  return object.objectType === 'SubStatement' ? object : null
}

/** Everybody a context names: instructor, team, contextAgents, contextGroups. */
export function contextActorsOf(context: Context | undefined): Actor[] {
  if (context === undefined) return []
  return [
    ...(context.instructor ? [context.instructor] : []),
    ...(context.team ? [context.team] : []),
    ...(context.contextAgents ?? []).map(({ agent }) => agent),
    ...(context.contextGroups ?? []).map(({ group }) => group),
  ]
}
