/** Statements that were flagged when they came, with what is wrong with them: part of the administrator's work list (ruling 25). */
import type { StoredStatement } from '../../store/ports.ts'
import type { Statement, Violation } from '../../xapi/types.ts'
import type { Caller, SessionBounds } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { cmi5Violations, FLAG_TERM } from './conformance.ts'
import { SESSION_KEY } from './launch-session.ts'

const SHOWN = 100

export interface FlaggedStatement {
  readonly statementId: string
  readonly stored: string
  readonly violations: readonly Violation[]
}

/** The newest; voided ones are settled and left out, and so are those that only refer to one. */
export async function flaggedStatements(lrs: Lrs, { tenant }: Caller): Promise<readonly FlaggedStatement[]> {
  const selection = { terms: [FLAG_TERM], ascending: false, limit: SHOWN }
  const { items } = await lrs.stores.statements.select(tenant, selection)
  const flagged = await Promise.all(
    items.map(async (item) => ({
      statementId: item.id,
      stored: new Date(item.stored).toISOString(),
      violations: cmi5Violations(JSON.parse(item.raw) as Statement, '$', await sessionOf(lrs, item)),
    })),
  )
  return flagged.filter(({ violations }) => violations.length > 0)
}

async function sessionOf(lrs: Lrs, { credential }: StoredStatement): Promise<SessionBounds | undefined> {
  if (!credential.startsWith(SESSION_KEY)) return undefined
  return (await lrs.stores.cmi5Sessions.byKey(credential)) ?? undefined
}
