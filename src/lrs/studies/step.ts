/** Between two slices of a study. */
import type { StudyProgress } from '../../store/ports.ts'

/**
 * Lets others have their turn, and says how far it is; null: as far as before.
 * @param carried what it goes on with after a stop (JSON); left out: it begins again
 * @throws Interrupted when nobody waits for the answer any more, or somebody else goes on with it
 */
export type Step = (progress: StudyProgress | null, carried?: unknown) => Promise<void>

export class Interrupted extends Error {}
