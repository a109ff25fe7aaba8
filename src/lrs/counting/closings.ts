/** Closed windows as counting looks at them. */
import type { ClosedWindow } from '../../metering/closing.ts'
import type { Closing } from '../../store/ports.ts'

export function closedWindowOf({ policy, version, start, cutoff }: Closing): ClosedWindow {
  return { policy, version, start, cutoff: cutoff.seq }
}
