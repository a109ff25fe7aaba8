/** What statements said of Activities and Agents, written with them (IncomingStatement.describes). */
import type { TenantId } from './page.ts'

/** Newest first, each once; at most so many of one subject: who sends a new definition with every statement costs no more. */
export const MOST_DESCRIPTIONS = 100

export interface DescriptionStore {
  /**
   * Definitions by Activity, as JSON texts (xapi/activity.ts merges them); Activities nobody defined are left out. `subjects`
   * are canonical IRIs (xapi/description.ts); newest = told by the newest statement. Where several processes write, one
   * that goes back to an earlier text within a minute may be taken for older.
   */
  definitionsOf(
    tenant: TenantId,
    subjects: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]>>
  /** The names of each Agent, likewise, by canonical identifier. */
  namesOf(tenant: TenantId, subjects: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
}
