/** What an operator needs: imports, backups, how much room there is. */

import type { Purpose } from '../../attempts/fact.ts'
import type { TenantId } from './page.ts'

/** A named batch of statements from a file (ruling 37), and how far it has come. */
export interface ImportRecord {
  readonly name: string
  /** SHA-256 of the file's text, uncompressed, hex: another file under the same name is another import. */
  readonly hash: string
  readonly purpose: Purpose
  readonly started: number
  /** Null until the last line was reached. */
  readonly finished: number | null
  /** Lines dealt with, from the first on. */
  readonly lines: number
  readonly stored: number
  readonly existing: number
  readonly refused: number
}

export interface ImportStore {
  /** Adds the record, or replaces the one of its name. */
  put(tenant: TenantId, record: ImportRecord): Promise<void>
  byName(tenant: TenantId, name: string): Promise<ImportRecord | null>
}

export interface StoreSize {
  /** What the data takes on its medium; null where the engine does not say. */
  readonly bytes: number | null
  /** What is left there; null where the engine does not say. */
  readonly freeBytes: number | null
}

export interface BackupReport {
  /** Names within the directory of the backup. Attachments are beside them, proven by what these files say of them. */
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[]
}

/** What an operator needs of a database beside its contents. */
export interface Upkeep {
  /** Resolves when a write that takes up room has just been made durable; StoreError `unavailable` when it could not be. */
  probe(): Promise<void>
  size(): Promise<StoreSize>
  /**
   * Writes a consistent copy of everything into this empty directory while others go on reading and writing: all that was
   * answered before the call, and no half of any commit. Null where the engine's own tools do that (docs/operations.md).
   */
  readonly backup: ((directory: string) => Promise<BackupReport>) | null
}
