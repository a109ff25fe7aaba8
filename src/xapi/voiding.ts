/** Voiding (1.0.3 Data §2.3.2, 2.0.0 §4.2.5): a statement that takes another one back. */
import type { Statement } from './types.ts'

export const VOIDED = 'http://adlnet.gov/expapi/verbs/voided'

/** @returns the lower-case id of the statement this one voids; null when it voids none */
export function voidedId(statement: Statement): string | null {
  return statement.verb.id === VOIDED ? referencedId(statement) : null
}

/** @returns the lower-case id of the statement this one has as its object; null when its object is something else */
export function referencedId(statement: Statement): string | null {
  const { object } = statement
  return object.objectType === 'StatementRef' ? object.id.toLowerCase() : null
}
