import type { LaunchMode } from './fact.ts'

const MODES: ReadonlyMap<string, LaunchMode> = new Map([
  ['normal', 'Normal'],
  ['browse', 'Browse'],
  ['review', 'Review'],
])

/** In whatever case it is written (in-the-wild §2.2); SCORM's modes have the same names. */
export function launchModeOf(value: unknown): LaunchMode | undefined {
  return typeof value === 'string' ? MODES.get(value.toLowerCase()) : undefined
}
