/** Small facts for tests of single rules. */
import type { CatalogueEntry, DerivationContext, LaunchRecord } from '../../src/attempts/derivation.ts'
import type { StoredFact } from '../../src/attempts/fact.ts'
import type { Statement } from '../../src/xapi/types.ts'
import { DEFAULTS } from './scenario.ts'

export const ADL = 'http://adlnet.gov/expapi/'
const LEARNER = 'account:https://lms.example.org|u-17'

export const minutes = (count: number): number => count * 60_000
export const at = (text: string): number => Date.parse(text)

let count = 0

/** A statement about plain content of an unknown source, received two seconds after it happened. */
export function fact(overrides: Partial<StoredFact> = {}): StoredFact {
  count += 1
  const time = overrides.at ?? at('2025-03-01T09:00:00Z')
  return {
    statementId: `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`,
    learner: LEARNER,
    verb: `${ADL}verbs/experienced`,
    object: { id: 'https://lms.example.org/x/1' },
    parents: [],
    groupings: [],
    source: 'other',
    keys: [],
    at: time,
    credential: 'key',
    purpose: 'learner',
    seq: count,
    stored: time + 2000,
    voided: false,
    ...overrides,
  }
}

export function context(overrides: Partial<DerivationContext> = {}): DerivationContext {
  return { tenant: 'acme', catalogue: new Map(), launches: [], settings: DEFAULTS, ...overrides }
}

export function entry(overrides: Partial<CatalogueEntry> = {}): CatalogueEntry {
  return {
    id: 'https://lms.example.org/x/1',
    name: 'X',
    kind: 'other',
    utilizationTracking: 'complete-on-open',
    validFrom: at('2025-01-01T00:00:00Z'),
    ...overrides,
  }
}

export function launch(overrides: Partial<LaunchRecord> = {}): LaunchRecord {
  return {
    id: 'l-1',
    learner: LEARNER,
    origin: 'admin-catalog',
    at: at('2025-03-01T09:00:00Z'),
    ...overrides,
  }
}

export function statement(overrides: Partial<Statement> = {}): Statement {
  return {
    actor: { account: { homePage: 'https://lms.example.org', name: 'u-17' } },
    verb: { id: `${ADL}verbs/experienced` },
    object: { id: 'https://lms.example.org/x/1' },
    timestamp: '2025-03-01T09:00:00Z',
    ...overrides,
  }
}
