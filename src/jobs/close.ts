/** Closes windows as part of the drain: who holds its lease alone changes counts, and so may seal them (rulings 15, 33). */
import { requestDue } from '../lrs/close/due.ts'
import { type CloseDeps, type Drain, sealWindow } from '../lrs/close/seal-window.ts'

/** Requests looked at in one go. */
const AT_ONCE = 50

/** After the lease has changed hands: drafts of the last holder rest on counts that change from now on. */
export async function abandonDrafts({ stores }: CloseDeps): Promise<void> {
  for (const request of await stores.snapshots.requests(AT_ONCE))
    if (request.draft !== null) await stores.snapshots.abandon(request.tenant, request)
}

/** Windows whose grace is over are looked for this often, ms. */
const DUE_MS = 60_000
const looked = new WeakMap<CloseDeps, number>()

/** Asks for every window whose grace has run out since the last look. */
export async function requestClosing(deps: CloseDeps): Promise<void> {
  const now = deps.clock.now()
  if (Math.abs(now - (looked.get(deps) ?? 0)) < DUE_MS) return
  await requestDue(deps)
  looked.set(deps, now)
}

/** @returns how many were closed; null when the lease was lost */
export async function closeRequested(deps: CloseDeps, drain: Drain): Promise<number | null> {
  let closed = 0
  for (const request of await deps.stores.snapshots.requests(AT_ONCE)) {
    const outcome = await sealWindow(deps, request, drain)
    if (outcome === 'lost') return null
    if (outcome === 'closed') closed += 1
  }
  return closed
}
