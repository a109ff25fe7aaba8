/**
 * What an adapter reports when a promise cannot be kept: never a driver's own error.
 * `unavailable`: the database cannot be reached or written just now (disk full, I/O error, stopped); nothing was stored.
 * `locked`: another process holds the data. `newer-schema`: the data was written by a newer Rollcall.
 * `bad-cursor`: the caller's cursor is no continuation of this list. `bad-job`: a job whose data cannot be stored.
 * `damaged`: what is stored cannot be read.
 */
export type StoreErrorCode = 'unavailable' | 'locked' | 'newer-schema' | 'bad-cursor' | 'bad-job' | 'damaged'

export class StoreError extends Error {
  readonly code: StoreErrorCode
  override readonly name = 'StoreError'

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
