/** Which attachments a statement has, and what their hashes are made with (1.0.3 Data §2.4.11). */
import { subStatementOf } from './parts.ts'
import type { Attachment, Statement } from './types.ts'

export interface PlacedAttachment {
  readonly attachment: Attachment
  /** Where it stands: `$.attachments[0]`, or in the SubStatement. */
  readonly path: string
}

/** Those of the statement, then those of its SubStatement. */
export function attachmentsOf(statement: Statement, path = '$'): readonly PlacedAttachment[] {
  const place = (attachments: readonly Attachment[] | undefined, at: string) =>
    (attachments ?? []).map((attachment, index) => ({ attachment, path: `${at}.attachments[${index}]` }))
  return [
    ...place(statement.attachments, path),
    ...place(subStatementOf(statement)?.attachments, `${path}.object`),
  ]
}

export type HashAlgorithm = 'sha224' | 'sha256' | 'sha384' | 'sha512'

/** By the number of hex digits of a valid `sha2`. */
export function algorithmOf(sha2: string): HashAlgorithm {
  return `sha${sha2.length * 4}` as HashAlgorithm
}
