/**
 * What a real planner makes of the queries: `explain` of each, where ROLLCALL_TEST_MONGODB names a server that has it. Made
 * from the shapes the manual gives (explained.test.ts): unproven until it has met such a server.
 */
import type { Db } from 'mongodb'
import type { Shape } from './shapes.ts'

/** @returns the queries for which it would read a whole collection, or does not say, each shape once */
export async function scannedBy(db: Db, shapes: readonly Shape[]): Promise<readonly string[]> {
  const each = new Map(shapes.map((shape) => [signOf(shape), shape]))
  const faults: string[] = []
  for (const [sign, { collection, filter, sort }] of each) {
    const cursor = db.collection(collection).find(filter)
    const plan = await (sort ? cursor.sort(sort as Record<string, 1 | -1>) : cursor).explain('queryPlanner')
    const fault = faultIn(plan)
    if (fault) faults.push(`${fault}: ${sign}`)
  }
  return faults
}

/** Collection, members that are asked for, and order: not the values. */
function signOf({ collection, filter, sort = {} }: Shape): string {
  const asked = JSON.stringify(filter, (_, value) =>
    typeof value === 'object' && value !== null ? value : '?',
  )
  return `${collection} ${asked} ${JSON.stringify(sort)}`
}

/** What nobody has named here is no proof that an index was used. */
export type PlanFault = 'COLLSCAN' | 'no plan that can be read'

/** Of the plans that win, on one server or on each shard; one that was rejected may scan. @returns null: none of them scans */
export function faultIn(answer: unknown): PlanFault | null {
  const plans = winningPlansIn(answer)
  const stages = plans.map(stagesOf)
  if (stages.some((names) => names.includes('COLLSCAN'))) return 'COLLSCAN'
  return plans.length === 0 || stages.some((names) => names.length === 0) ? 'no plan that can be read' : null
}

/** Outermost ones: those of shards lie within the router's. */
function winningPlansIn(value: unknown): readonly unknown[] {
  return membersOf(value).flatMap(([name, member]) => {
    // The query itself, with values anybody may have chosen, is told as well.
    if (name === 'rejectedPlans' || name === 'command' || name === 'parsedQuery') return []
    return name === 'winningPlan' ? [member] : winningPlansIn(member)
  })
}

/** Names of all stages of a plan: of the classic engine, or as the slot-based one tells them beside what it runs. */
function stagesOf(plan: unknown): readonly string[] {
  return membersOf(plan).flatMap(([name, member]) => {
    if (name === 'rejectedPlans' || name === 'parsedQuery') return []
    if (name === 'stage') return [String(member)]
    if (name === 'slotBasedPlan') return slotStagesOf(member)
    return stagesOf(member)
  })
}

/** `[1] scan s4 s5 …` reads all; `ixseek`, `ixscan` and `seek` go by an index. */
function slotStagesOf(plan: unknown): readonly string[] {
  const text = membersOf(plan).find(([name]) => name === 'stages')?.[1]
  return typeof text === 'string' && /(^|\s)scan\s/.test(text) ? ['COLLSCAN'] : []
}

function membersOf(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
