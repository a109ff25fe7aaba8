/** What a real planner makes of the queries: `explain` of each, where ROLLCALL_TEST_MONGODB names a server that has it. */
import type { Db } from 'mongodb'
import type { Shape } from './shapes.ts'

/** @returns the queries for which it would read a whole collection, each shape once */
export async function scannedBy(db: Db, shapes: readonly Shape[]): Promise<readonly string[]> {
  const each = new Map(shapes.map((shape) => [signOf(shape), shape]))
  const scanned: string[] = []
  for (const [sign, { collection, filter, sort }] of each) {
    const cursor = db.collection(collection).find(filter)
    const plan = await (sort ? cursor.sort(sort as Record<string, 1 | -1>) : cursor).explain('queryPlanner')
    if (scansCollection(plan)) scanned.push(`COLLSCAN: ${sign}`)
  }
  return scanned
}

/** Collection, members that are asked for, and order: not the values. */
function signOf({ collection, filter, sort = {} }: Shape): string {
  const asked = JSON.stringify(filter, (_, value) =>
    typeof value === 'object' && value !== null ? value : '?',
  )
  return `${collection} ${asked} ${JSON.stringify(sort)}`
}

/** Looks at the plans that win, on one server or on each shard; a plan that was rejected may scan. */
export function scansCollection(plan: unknown): boolean {
  if (typeof plan !== 'object' || plan === null) return false
  return Object.entries(plan).some(
    ([name, value]) =>
      (name === 'stage' && value === 'COLLSCAN') || (name !== 'rejectedPlans' && scansCollection(value)),
  )
}
