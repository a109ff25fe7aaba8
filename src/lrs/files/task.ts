/** Work on files that takes minutes: it runs in a thread of its own and can be stopped (ruling 37). */
import type { Purpose } from '../../attempts/fact.ts'
import type { TenantId } from '../../store/ports.ts'

export interface ImportTask {
  readonly kind: 'import'
  readonly tenant: TenantId
  /** Absolute; gzip is told by its first bytes, not by the name. */
  readonly file: string
  readonly purpose: Purpose
  /** Of the import; the file's own name with the beginning of its hash when undefined. */
  readonly name?: string | undefined
  /** Where refused lines are listed, absolute; `<file>.errors.ndjson` when undefined. */
  readonly errors?: string | undefined
  /** Store nothing; say what would change in each window. */
  readonly dryRun: boolean
}

export interface ExportTask {
  readonly kind: 'export'
  readonly tenant: TenantId
  /** Absolute; compressed when it ends in `.gz`. Must not exist. */
  readonly file: string
}

export type FileTask = ImportTask | ExportTask

export interface Progress {
  readonly done: number
  readonly total: number
}

/** How the work talks to whoever asked for it. */
export interface Told {
  print(line: string): void
  progress(progress: Progress): void
  readonly signal: AbortSignal
}

/** Everything went in. */
export const DONE = 0
/** The end was reached, but some lines were refused. */
export const REFUSED = 1
/** The end was not reached: the same command goes on from there. */
export const UNFINISHED = 2
