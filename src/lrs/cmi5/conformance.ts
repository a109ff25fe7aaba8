/** What happens to statements that bear the category of cmi5 and break its rules (ROLLCALL_CMI5). */
import { checkCmi5, isCmi5Defined } from '../../xapi/cmi5/check-cmi5.ts'
import { cmi5VerbOf } from '../../xapi/cmi5/vocabulary.ts'
import type { Statement, Violation } from '../../xapi/types.ts'
import type { SessionBounds } from '../access/access.ts'

/** `flag`: taken, and on the administrator's work list. `refuse`: 400 with the clause (cmi5 §6.3). */
export type Cmi5Policy = 'accept' | 'flag' | 'refuse'

/** Of flagged statements: no query can ask for it, since no filter of the standard begins so. */
export const FLAG_TERM = 'f:cmi5'

/** What a session adds: in Browse and Review an AU tells of its beginning and end only (cmi5 §10.2.2). */
export function cmi5Violations(
  statement: Statement,
  path: string,
  session?: SessionBounds,
): readonly Violation[] {
  const found = checkCmi5(statement, path)
  const verb = cmi5VerbOf(statement.verb.id)
  if (session === undefined || session.mode === 'Normal' || !isCmi5Defined(statement)) return found
  if (verb === 'initialized' || verb === 'terminated') return found
  const message = `in ${session.mode} an AU writes «initialized» and «terminated» only`
  return [...found, { path: `${path}.verb.id`, message, requirement: 'cmi5 §10.2.2' }]
}
