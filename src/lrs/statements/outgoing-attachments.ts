/** Bytes that go out with statements (`attachments=true`, 1.0.3 Communication §2.1.3). */
import type { StoredStatement, TenantId } from '../../store/ports.ts'
import { attachmentsOf } from '../../xapi/attachments.ts'
import type { Statement } from '../../xapi/types.ts'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'

export interface OutgoingAttachment {
  /** As its statement writes it. */
  readonly sha2: string
  readonly contentType: string
  readonly bytes: number
  open(): Promise<AsyncIterable<Uint8Array>>
}

/**
 * The bytes these statements came with, each hash once, in the order of the statements. What has only a fileUrl is left out.
 * The caller must be allowed to read the statements.
 */
export async function outgoingAttachments(
  lrs: Lrs,
  tenant: TenantId,
  statements: readonly Pick<StoredStatement, 'id' | 'raw'>[],
): Promise<readonly OutgoingAttachment[]> {
  const { attachments } = lrs.stores
  const ids = statements.map(({ id }) => id)
  const kept = new Map((await attachments.of(tenant, ids)).map(({ sha2, bytes }) => [sha2, bytes]))
  if (kept.size === 0) return []
  const outgoing = new Map<string, OutgoingAttachment>()
  const placed = statements.flatMap(({ raw }) => attachmentsOf(JSON.parse(raw) as Statement))
  for (const { attachment } of placed) {
    const key = attachment.sha2.toLowerCase()
    const bytes = kept.get(key)
    if (bytes === undefined || outgoing.has(key)) continue
    const { sha2, contentType } = attachment
    outgoing.set(key, { sha2, contentType, bytes, open: () => opened(lrs, tenant, key) })
  }
  return [...outgoing.values()]
}

async function opened(lrs: Lrs, tenant: TenantId, sha2: string): Promise<AsyncIterable<Uint8Array>> {
  const found = await lrs.stores.attachments.read(tenant, sha2)
  if (found === null) throw new Refusal('unavailable', `the bytes of attachment ${sha2} are gone`)
  return found
}
