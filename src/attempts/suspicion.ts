/** Signs that somebody counted is staff or a test (F8): for a person to look at, never to decide by. */
import type { Attempt } from './derivation.ts'
import type { Profile } from './profile.ts'

export type Suspicion = 'test-account' | 'staff-role' | 'test-name' | 'test-domain' | 'only-seconds'

const STAFF = /\b(admin\w*|instructor|teacher|trainer|tutor|staff|manager|developer|author|editor|support)\b/i
const TEST = /(^|[^a-z])(test(er|ing|user)?|demo|qa|dummy|sample|preview)([^a-z]|$)/i
/** RFC 2606 and 6761: nobody receives mail there. */
const TEST_DOMAIN = /[@.](example\.(com|net|org)|test|invalid|localhost|example)$/i
/** All use together is shorter than this, as far as its length is known: a single moment says nothing. */
const SECONDS_MS = 60_000

export interface Suspect {
  readonly profile: Profile
  readonly name: string | null
  /** Canonical identifiers. */
  readonly ifis: readonly string[]
  /** Those of the window. */
  readonly attempts: readonly Pick<Attempt, 'first' | 'last' | 'durationMs' | 'tracked'>[]
}

export function suspicionsOf({ profile, name, ifis, attempts }: Suspect): readonly Suspicion[] {
  const found: Suspicion[] = []
  if (profile.test) found.push('test-account')
  if (profile.roles.some((role) => STAFF.test(role))) found.push('staff-role')
  if ([name ?? '', ...ifis.map(nameIn)].some((text) => TEST.test(text))) found.push('test-name')
  if (ifis.some((ifi) => ifi.startsWith('mbox:') && TEST_DOMAIN.test(ifi))) found.push('test-domain')
  const used = attempts.filter(({ tracked }) => tracked)
  const lasted = used.reduce((sum, one) => sum + Math.max(one.last - one.first, one.durationMs ?? 0), 0)
  if (lasted > 0 && lasted < SECONDS_MS) found.push('only-seconds')
  return found
}

/** The part of an identifier that somebody chose: the account name, the local part of a mailbox. */
function nameIn(ifi: string): string {
  if (ifi.startsWith('account:')) return ifi.slice(ifi.indexOf('|') + 1)
  return ifi.startsWith('mbox:mailto:') ? ifi.slice('mbox:mailto:'.length, ifi.lastIndexOf('@')) : ''
}
