/** Tenant settings that decide attempts (ruling 13), as long as a tenant has changed none. */
import type { AttemptSettings } from '../attempts/derivation.ts'

export const DEFAULT_SETTINGS: AttemptSettings = { gapMinutes: 30, launchedCounts: 'auto', nonPersons: [] }
