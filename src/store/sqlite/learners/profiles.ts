/** ProfileStore on SQLite: a profile lies with its identity, and goes where that goes. */

import { type GivenProfile, type Profile, profileOf } from '../../../attempts/profile.ts'
import { automaticOf } from '../../automatic-links.ts'
import type { Remote } from '../../calls.ts'
import { groupRefsOf, isIn, saysTheSame } from '../../group-refs.ts'
import { keyIn, pageOf } from '../../page.ts'
import type {
  GroupRef,
  Identity,
  Page,
  PageRequest,
  ProfileEntry,
  ProfileStore,
  TenantId,
} from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { ALWAYS, markIdentity } from '../metering/marks.ts'
import { learnerLookup } from './learners.ts'
import { knownIdentity, linkIdentities } from './merge.ts'

export function profileWrites(db: Database, context: WriteContext) {
  const before = db.prepare<[number], string>('SELECT data FROM profile WHERE identity = ?').pluck()
  const put = db.prepare('INSERT OR REPLACE INTO profile (identity, data) VALUES (?, ?)')
  const join = db.prepare(
    'INSERT OR IGNORE INTO membership (tenant, kind, name, identity) VALUES (?, ?, ?, ?)',
  )
  const leave = db.prepare(
    'DELETE FROM membership WHERE tenant = ? AND kind = ? AND name = ? AND identity = ?',
  )
  const regroup = (tenant: TenantId, identity: number, old: Profile | undefined, profile: Profile): void => {
    for (const { kind, name } of old ? groupRefsOf(old) : []) leave.run(tenant, kind, name, identity)
    for (const { kind, name } of groupRefsOf(profile)) join.run(tenant, kind, name, identity)
  }
  const putOne = (tenant: TenantId, { ifi, ...profile }: ProfileEntry): boolean => {
    const stored = context.stored()
    const identity = knownIdentity(db, tenant, ifi, stored)
    const text = before.get(identity)
    const old = text === undefined ? undefined : (JSON.parse(text) as GivenProfile)
    if (saysTheSame(old, profile)) return false
    const links = automaticOf(ifi, stored)
    if (links.length > 0) linkIdentities(db, tenant, links, stored)
    regroup(tenant, identity, old, profile)
    put.run(identity, JSON.stringify(profile))
    markIdentity(db, tenant, identity, ALWAYS, stored)
    return true
  }
  return {
    putProfiles: (tenant: TenantId, entries: readonly ProfileEntry[]): number =>
      entries.filter((entry) => putOne(tenant, entry)).length,
  }
}

/** Identities looked at in one step. */
const STEP = 200

interface Member {
  readonly identity: number
  readonly number: number
  readonly id: string
}

export function profileReads(db: Database) {
  const learners = learnerLookup(db)
  const some = db.prepare<[string, string, string, number, number], Member>(
    `SELECT m.identity, l.number, l.id FROM membership m JOIN identity i ON i.id = m.identity JOIN learner l ON l.number = i.learner
     WHERE m.tenant = ? AND m.kind = ? AND m.name = ? AND m.identity > ? ORDER BY m.identity LIMIT ?`,
  )
  /** Several identifiers of one learner may be in the group: the first of them stands for the learner. */
  const isEarlier = db
    .prepare<[string, string, string, number, number], 1>(
      `SELECT 1 FROM identity i JOIN membership m ON m.tenant = ? AND m.kind = ? AND m.name = ? AND m.identity = i.id
       WHERE i.learner = ? AND i.id < ? LIMIT 1`,
    )
    .pluck()
  const all = db.prepare<[string], GroupRef>(
    "SELECT DISTINCT kind, name FROM membership WHERE tenant = ? AND kind <> 'test' ORDER BY kind, name",
  )
  const found = (tenant: TenantId, groups: readonly [GroupRef, ...GroupRef[]], member: Member) => {
    const [{ kind, name }] = groups
    if (isEarlier.get(tenant, kind, name, member.number, member.identity) !== undefined) return []
    const identities = learners.identities(member.number)
    return isIn(profileOf(identities), groups) ? [{ ...member, identities }] : []
  }
  return {
    groupMembers: (
      tenant: TenantId,
      groups: readonly [GroupRef, ...GroupRef[]],
      { limit, cursor }: PageRequest,
    ): Page<{ readonly id: string; readonly identities: readonly Identity[] }> => {
      let [after = 0] = (keyIn(cursor, 'n') ?? []) as readonly number[]
      const [{ kind, name }] = groups
      const rows: (Member & { readonly identities: readonly Identity[] })[] = []
      for (let more = true; more && rows.length <= limit; ) {
        const step = some.all(tenant, kind, name, after, STEP)
        rows.push(...step.flatMap((member) => found(tenant, groups, member)))
        after = step.at(-1)?.identity ?? after
        more = step.length === STEP
      }
      return pageOf(
        rows.slice(0, limit + 1),
        limit,
        ({ identity }) => [identity],
        ({ id, identities }) => ({ id, identities }),
      )
    },
    groupList: (tenant: TenantId): readonly GroupRef[] => all.all(tenant),
  }
}

export function createProfileStore(
  writes: Remote<ReturnType<typeof profileWrites>>,
  reads: Remote<ReturnType<typeof profileReads>>,
): ProfileStore {
  return { put: writes.putProfiles, members: reads.groupMembers, groups: reads.groupList }
}
