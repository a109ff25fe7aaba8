/** What every port speaks of. */

export type TenantId = string

/** `next` is opaque; null on the last page. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string
}
