/** Why a request is refused. The rules say why; http/respond.ts alone says what that is in HTTP. */
import type { Violation } from '../xapi/types.ts'

export const REFUSAL_KINDS = [
  'malformed',
  'unauthenticated',
  'forbidden',
  'not-found',
  'method-not-allowed',
  'conflict',
  'precondition-failed',
  'too-large',
  'unsupported-media-type',
  'too-many-attempts',
  'too-many-requests',
  'not-yet-available',
  'unavailable',
] as const

export type RefusalKind = (typeof REFUSAL_KINDS)[number]

export class Refusal extends Error {
  readonly kind: RefusalKind
  readonly violations: readonly Violation[]

  constructor(kind: RefusalKind, message: string, violations: readonly Violation[] = [], cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'Refusal'
    this.kind = kind
    this.violations = violations
  }
}

/** Bad input: the first violation is the sentence, all of them are listed. */
export function malformed(violations: readonly Violation[]): Refusal {
  const first = violations[0]
  return new Refusal('malformed', first ? `${first.path}: ${first.message}` : 'malformed request', violations)
}

/** Bad input with one fault. */
export function malformedAt(path: string, message: string, requirement: string): Refusal {
  return malformed([{ path, message, requirement }])
}
