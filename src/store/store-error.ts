/**
 * What an adapter reports when a promise cannot be kept: never a driver's own error.
 * `unavailable`: the database cannot be reached or written just now (disk full, I/O error, stopped, no answer). What the call
 * wrote is there whole or not at all; only MongoDB can leave open which, when its answer to a commit was lost.
 * `locked`: another process holds the data. `newer-schema`: the data was written by a newer Rollcall.
 * `missing-index`: an index that queries need is not there (MongoDB).
 * `bad-cursor`: the caller's cursor is no continuation of this list. `bad-job`: a job whose data cannot be stored.
 * `damaged`: what is stored cannot be read.
 */
export type StoreErrorCode =
  | 'unavailable'
  | 'locked'
  | 'newer-schema'
  | 'missing-index'
  | 'bad-cursor'
  | 'bad-job'
  | 'damaged'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  override readonly name = 'StoreError'

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
