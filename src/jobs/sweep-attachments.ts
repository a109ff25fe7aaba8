/** Deletes bytes that requests brought and no statement keeps, because their process ended before they did. */
import type { Lrs } from '../lrs/context.ts'

/** Far longer than a request can last (listener.ts), and than a batch can be undecided. */
const GRACE_MS = 24 * 3_600_000

export async function sweepAttachments({ stores, clock }: Pick<Lrs, 'stores' | 'clock'>): Promise<void> {
  await stores.attachments.sweep(clock.now() - GRACE_MS)
}
