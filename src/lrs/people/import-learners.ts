/** Learners from the LMS: names, teams, roles, identities and test accounts, as CSV (design.md «From outside»). */
import { type GivenProfile, profileOf } from '../../attempts/profile.ts'
import type { IdentityLink, LearnerMerge, ProfileEntry } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { CONFIRM_ABOVE } from '../feeds.ts'
import { malformed } from '../refusal.ts'
import { type LearnerLine, type LineFault, learnerLines } from './learner-lines.ts'
import { effectOfChange, type PeopleEffect } from './people-effect.ts'

export interface LearnerImport {
  readonly text: string
  readonly dryRun: boolean
  readonly confirm: boolean
  /** Of account names that stand alone. */
  readonly homePage?: string
}

export interface LearnerImportOutcome {
  readonly lines: number
  /** Profiles that are new or say something else. */
  readonly changed: number
  /** Links between identifiers of one line that were not there. */
  readonly linked: number
  readonly merges: readonly LearnerMerge[]
  readonly dryRun: boolean
  /** True when nothing was done because more than 20 people would be merged: send `confirm=true`. */
  readonly needsConfirm: boolean
  /** Only of a dry run: what it would do to the counts, and what is wrong in which line. */
  readonly effect?: PeopleEffect
  readonly faults?: readonly LineFault[]
}

const REQUIREMENT = 'POST /learners/import'

/**
 * Takes in a CSV of learners: whole or, with any line wrong, not at all. Each line is one person; a column that is missing
 * leaves what is known. The same file again changes nothing. Links come first: cut off in between, the same call again ends it.
 * @throws Refusal `malformed` with every fault, by line and column
 */
export async function importLearners(
  lrs: Lrs,
  caller: Caller,
  { text, dryRun, confirm, homePage }: LearnerImport,
): Promise<LearnerImportOutcome> {
  demand(caller, 'manage learners')
  const { lines, faults } = learnerLines(text, homePage)
  if (faults.length > 0 && !dryRun) {
    throw malformed(
      faults.map(({ line, column, message }) => ({
        path: `line ${line}${column === '' ? '' : `, ${column}`}`,
        message,
        requirement: REQUIREMENT,
      })),
    )
  }
  const whole = lines.filter(({ line }) => !faults.some((fault) => fault.line === line))
  const links = whole.flatMap((line) => linksOf(lrs, caller, line))
  const { outcome, added, merges } = await lrs.stores.identities.link(caller.tenant, links, {
    dryRun,
    confirmAbove: confirm ? Number.POSITIVE_INFINITY : CONFIRM_ABOVE,
  })
  const about = { lines: lines.length, linked: added, merges, dryRun, needsConfirm: outcome === 'too-many' }
  if (outcome === 'too-many') return { ...about, changed: 0 }
  const entries = await entriesOf(lrs, caller, whole)
  if (dryRun) return { ...about, ...(await preview(lrs, caller, merges, entries)), faults }
  const changed = await lrs.stores.profiles.put(caller.tenant, entries)
  lrs.wake()
  return { ...about, changed }
}

function linksOf(
  lrs: Lrs,
  caller: Caller,
  { ifis: [a = '', ...others] }: LearnerLine,
): readonly IdentityLink[] {
  const at = lrs.clock.now()
  return others.map((b) => ({ id: lrs.newId(), a, b, author: caller.id, source: 'import', at }))
}

/** The profile of a line goes to each of its identifiers, so that it stays with all of them should they be split. */
async function entriesOf(
  lrs: Lrs,
  caller: Caller,
  lines: readonly LearnerLine[],
): Promise<readonly ProfileEntry[]> {
  const at = lrs.clock.now()
  const entries: ProfileEntry[] = []
  for (const { ifis, line: _, ...said } of lines) {
    const known = profileOf(await identitiesOf(lrs, caller, ifis))
    entries.push(...ifis.map((ifi) => ({ ...known, ...said, ifi, author: caller.id, at })))
  }
  return entries
}

async function identitiesOf(lrs: Lrs, { tenant }: Caller, ifis: readonly string[]) {
  const found = []
  for (const ifi of ifis) {
    const identity = await lrs.stores.identities.byIfi(tenant, ifi)
    const learner = identity && (await lrs.stores.identities.learner(tenant, identity.learner))
    found.push(...(learner?.identities ?? []))
  }
  return found
}

async function preview(
  lrs: Lrs,
  { tenant }: Caller,
  merges: readonly LearnerMerge[],
  entries: readonly ProfileEntry[],
): Promise<Pick<LearnerImportOutcome, 'changed' | 'effect'>> {
  const profiles = new Map<string, GivenProfile>()
  const learners: string[] = []
  for (const { ifi, ...profile } of entries) {
    const known = await lrs.stores.identities.byIfi(tenant, ifi)
    if (known?.profile && isSame(known.profile, profile)) continue
    profiles.set(ifi, profile)
    if (known) learners.push(known.learner)
  }
  const effect = await effectOfChange(lrs, tenant, { merges, profiles, learners })
  return { changed: profiles.size, effect }
}

function isSame(a: GivenProfile, b: GivenProfile): boolean {
  const said = ({ name, teams, roles, test }: GivenProfile) => JSON.stringify([name, teams, roles, test])
  return said(a) === said(b)
}
