/** Who may do a piece of work now. */

export interface Lease {
  readonly name: string
  readonly holder: string
  /** Grows with every change of holder; a write under an older one is refused (ruling 33). */
  readonly fence: number
}

export interface LeaseStore {
  /** Null while another holder's lease is live. Renews for the same holder (same fence). */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null>
  release(lease: Lease): Promise<void>
}
