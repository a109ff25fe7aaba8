/** Which of the bytes of a request belong to which of its statements (1.0.3 Communication §1.5). */
import type { StagedAttachment } from '../../store/ports.ts'
import { attachmentsOf } from '../../xapi/attachments.ts'
import { malformedAt } from '../refusal.ts'
import type { ReceivedStatement } from './read-statements.ts'

/**
 * Bytes that an earlier request brought do not count: each request brings all it needs (xapi.md §4.1). The `length` of an
 * attachment is not compared: the hash says more.
 * @param staged by hash; null: a JSON request, which carries none
 * @returns for each statement its own
 * @throws Refusal `malformed` when an attachment has neither bytes nor fileUrl, or when bytes belong to none
 */
export function matchAttachments(
  received: readonly ReceivedStatement[],
  staged: ReadonlyMap<string, StagedAttachment> | null,
): readonly (readonly StagedAttachment[])[] {
  const wanted = new Set<string>()
  const matched = received.map(({ statement, path }) =>
    attachmentsOf(statement, path).flatMap(({ attachment, path: at }) => {
      const sha2 = attachment.sha2.toLowerCase()
      const found = staged?.get(sha2)
      if (found) wanted.add(sha2)
      else if (attachment.fileUrl === undefined) throw missing(at, staged === null)
      return found ?? []
    }),
  )
  const excess = [...(staged?.keys() ?? [])].find((sha2) => !wanted.has(sha2))
  if (excess !== undefined)
    throw malformedAt(`part ${excess}`, 'no attachment of the statements has this hash', 'XAPI-00132')
  return matched
}

function missing(path: string, isJson: boolean): Error {
  const message = isJson
    ? 'an attachment without fileUrl needs its bytes in a multipart/mixed request'
    : 'no part of the request has this sha2 as X-Experience-API-Hash, and there is no fileUrl'
  return malformedAt(path, message, 'XAPI-00129')
}
