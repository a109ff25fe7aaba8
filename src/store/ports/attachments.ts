/** The bytes of attachments, kept once for each tenant and hash (ruling 24). */
import type { TenantId } from './page.ts'

/** Bytes that a request has brought and no statement refers to yet. Structured-cloneable: any thread may store them. */
export interface StagedAttachment {
  /** Where the engine has put them. */
  readonly id: string
  /** SHA-2 of the bytes, lower-case hex. */
  readonly sha2: string
  readonly bytes: number
}

export interface KeptAttachment {
  /** Lower-case hex. */
  readonly sha2: string
  readonly bytes: number
}

export interface AttachmentStore {
  /**
   * Takes bytes in as they come, never held whole; that `sha2` is theirs is for the caller to prove, at the latest by
   * throwing at the end of `source`. Resolves when they survive `kill -9`. They are nobody's until a batch that names them
   * is stored (IncomingStatement.attachments), and visible with it or not at all.
   * @throws what `source` throws; then nothing of it stays
   */
  stage(tenant: TenantId, sha2: string, source: AsyncIterable<Uint8Array>): Promise<StagedAttachment>
  /** The bytes of what is staged. */
  staged(tenant: TenantId, one: StagedAttachment): Promise<AsyncIterable<Uint8Array>>
  /** The request is over: what no stored batch has taken is deleted. */
  discard(tenant: TenantId, staged: readonly StagedAttachment[]): Promise<void>
  /** Bytes that these statements came with, each hash once. */
  of(tenant: TenantId, statementIds: readonly string[]): Promise<readonly KeptAttachment[]>
  /** Null when no statement of the tenant has brought such bytes. */
  read(tenant: TenantId, sha2: string): Promise<AsyncIterable<Uint8Array> | null>
  /**
   * Deletes what was staged before this instant and never taken: the rest of requests that ended with their process. A
   * request that comes to its end all the same is refused as `unavailable`.
   * @returns how many were deleted
   */
  sweep(before: number): Promise<number>
}
