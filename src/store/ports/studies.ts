/** Questions that take a while to answer (forecasts, simulations), and what came of them. */
import type { Lease } from './leases.ts'
import type { TenantId } from './page.ts'

export interface StudyProgress {
  readonly done: number
  /** Null: nobody knows beforehand. */
  readonly of: number | null
  readonly unit: 'learners' | 'windows'
}

export interface Study {
  readonly id: string
  readonly kind: 'forecast' | 'simulation'
  readonly author: string
  /** ms. */
  readonly asked: number
  /** As it was asked: JSON. */
  readonly question: unknown
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  readonly progress: StudyProgress | null
  /** What it goes on with after a stop: JSON, as its kind keeps it; null: from the beginning. */
  readonly carried: unknown
  /** ms; null until it is done or has failed. */
  readonly ended: number | null
  /** JSON; null unless done. */
  readonly answer: unknown
  /** Why it failed; null unless it has. */
  readonly failure: StudyFailure | null
}

/** A refusal, in words that can be stored. */
export interface StudyFailure {
  readonly kind: string
  readonly message: string
  readonly violations: readonly {
    readonly path: string
    readonly message: string
    readonly requirement: string
  }[]
}

export interface StudyStore {
  add(tenant: TenantId, study: Study): Promise<void>
  byId(tenant: TenantId, id: string): Promise<Study | null>
  /** Neither done nor failed, oldest first, of all tenants. */
  open(limit: number): Promise<readonly { readonly tenant: TenantId; readonly study: Study }[]>
  /** How many of the tenant are neither done nor failed. */
  countOpen(tenant: TenantId): Promise<number>
  /** Nothing is written when the lease is no longer held (`fenced`), or the study was removed meanwhile (`gone`). */
  save(lease: Lease, tenant: TenantId, study: Study): Promise<'saved' | 'fenced' | 'gone'>
  /** Whatever its state: what works on it finds it gone. */
  remove(tenant: TenantId, id: string): Promise<boolean>
  /** Removes, of all tenants, what ended before that instant, ms. */
  removeEnded(before: number): Promise<void>
}
