/** What the LMS says of a person beside statements: name, teams, roles, whether it is a test account. */

export interface Profile {
  readonly name: string | null
  readonly teams: readonly string[]
  readonly roles: readonly string[]
  /** An account that no policy with `learnerIn: ["test-accounts"]` under `none` counts (F8). */
  readonly test: boolean
}

/** A profile as kept with one identifier: it moves with it when learners are merged or split (ruling 19). */
export interface GivenProfile extends Profile {
  readonly author: string
  /** ms since the epoch. */
  readonly at: number
}

/** The group of everybody whose profile says `test`. */
const TEST_ACCOUNTS = 'test-accounts'

const NOBODY: Profile = { name: null, teams: [], roles: [], test: false }

interface Known {
  readonly ifi: string
  readonly profile?: GivenProfile
}

/**
 * The profile of a learner: the one given last for any of their identifiers, of equals the one of the first identifier.
 * What holds is what holds now, for the past as well: giving another is an act, and marks the learner dirty.
 */
export function profileOf(identities: readonly Known[]): Profile {
  let newest: { readonly ifi: string; readonly profile: GivenProfile } | null = null
  for (const { ifi, profile } of identities) {
    if (!profile || (newest && isBefore({ ifi, profile }, newest))) continue
    newest = { ifi, profile }
  }
  if (!newest) return NOBODY
  const { name, teams, roles, test } = newest.profile
  return { name, teams, roles, test }
}

function isBefore(a: Required<Known>, b: Required<Known>): boolean {
  return a.profile.at < b.profile.at || (a.profile.at === b.profile.at && a.ifi > b.ifi)
}

/** What `learnerIn` of a policy may name: teams, roles and `test-accounts`, sorted, each once. */
export function groupsOf(identities: readonly Known[]): readonly string[] {
  const { teams, roles, test } = profileOf(identities)
  return [...new Set([...teams, ...roles, ...(test ? [TEST_ACCOUNTS] : [])])].sort()
}
