/**
 * Links between identities, and the merging of the learners they join (rulings 19, 20). The elder learner, the one known
 * first, survives; the others redirect to it. Whatever is kept under a merged learner's id is the survivor's from then on:
 * the marks written here make the next recount of the survivor say so.
 */
import { randomUUID } from 'node:crypto'
import type { IdentityLink, LearnerMerge, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'
import { memoized } from '../memoized.ts'
import { ALWAYS, markIdentity } from '../metering/marks.ts'

/** Identities that the links make one learner. */
interface Component {
  /** learner.number, ascending: the first is the elder. */
  readonly learners: readonly number[]
  /** Identifiers nobody has heard of yet. */
  readonly unknown: readonly string[]
}

interface LinkPlan {
  readonly fresh: readonly IdentityLink[]
  readonly components: readonly Component[]
  readonly merges: readonly LearnerMerge[]
}

const statements = memoized((db) => ({
  identity: db.prepare<[TenantId, string], { id: number; learner: number }>(
    'SELECT id, learner FROM identity WHERE tenant = ? AND ifi = ?',
  ),
  sameId: db
    .prepare<[TenantId, string], 1>('SELECT 1 FROM identity_link WHERE tenant = ? AND id = ?')
    .pluck(),
  samePair: db
    .prepare<{ a: number; b: number; source: string }, 1>(
      `SELECT 1 FROM identity_link WHERE a = :a AND b = :b AND source = :source
       UNION ALL SELECT 1 FROM identity_link WHERE a = :b AND b = :a AND source = :source`,
    )
    .pluck(),
  learnerId: db.prepare<[number], string>('SELECT id FROM learner WHERE number = ?').pluck(),
  addLearner: db.prepare<[string, TenantId, number]>(
    'INSERT INTO learner (id, tenant, revision, created) VALUES (?, ?, 1, ?)',
  ),
  /** One that was met as a learner of its own. */
  addIdentity: db.prepare<[TenantId, string, number, number, string | null, 0 | 1]>(
    'INSERT INTO identity (tenant, ifi, learner, born, name, seen) VALUES (?, ?, ?, ?, ?, ?)',
  ),
  addLinked: db.prepare<[TenantId, string, number]>(
    'INSERT INTO identity (tenant, ifi, learner, seen) VALUES (?, ?, ?, 0)',
  ),
  addLink: db.prepare<[TenantId, string, number, number, string, string, number]>(
    'INSERT INTO identity_link (tenant, id, a, b, author, source, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  ),
  moveIdentities: db.prepare<[number, number]>('UPDATE identity SET learner = ? WHERE learner = ?'),
  redirect: db.prepare<{ into: number; from: number }>(
    'UPDATE learner SET redirect = :into, revision = revision + 1 WHERE number = :from OR redirect = :from',
  ),
  revise: db.prepare<[number]>('UPDATE learner SET revision = revision + 1 WHERE number = ?'),
  identitiesOf: db.prepare<[number], number>('SELECT id FROM identity WHERE learner = ?').pluck(),
}))

/** What `linkIdentities` would do; reads only. A link that exists, by id or as the same pair of the same source, is not fresh. */
export function planLinks(db: Database, tenant: TenantId, links: readonly IdentityLink[]): LinkPlan {
  const fresh = links.filter((link) => isFresh(db, tenant, link))
  const components = componentsOf(db, tenant, fresh)
  const merges = components.flatMap(({ learners: [elder, ...others] }) =>
    elder === undefined || others.length === 0
      ? []
      : [{ into: idOf(db, elder), from: others.map((other) => idOf(db, other)) }],
  )
  return { fresh, components, merges }
}

/**
 * Adds the links that are not there yet, merges the learners they join, and marks every learner whose identities changed.
 * `stored`: of this commit (WriteContext).
 */
export function linkIdentities(
  db: Database,
  tenant: TenantId,
  links: readonly IdentityLink[],
  stored: number,
): { readonly added: number; readonly merges: readonly LearnerMerge[] } {
  const { fresh, components, merges } = planLinks(db, tenant, links)
  for (const component of components) join(db, tenant, component, stored)
  const { addLink } = statements(db)
  let added = 0
  for (const link of fresh) {
    const [a, b] = [identityOf(db, tenant, link.a), identityOf(db, tenant, link.b)]
    // The same pair may be twice in one call.
    if (statements(db).samePair.get({ a, b, source: link.source }) !== undefined) continue
    added += addLink.run(tenant, link.id, a, b, link.author, link.source, link.at).changes
  }
  return { added, merges }
}

/** A new identity that belongs to a new learner; returns its number (identity.id). */
export function addIdentity(
  db: Database,
  tenant: TenantId,
  ifi: string,
  name: string | null,
  at: number,
): number {
  const { addLearner, addIdentity: add } = statements(db)
  const learner = Number(addLearner.run(randomUUID(), tenant, at).lastInsertRowid)
  return Number(add.run(tenant, ifi, learner, learner, name, 1).lastInsertRowid)
}

/** The number of an identity (identity.id); one nobody has heard of is added, not seen, with a learner of its own. */
export function knownIdentity(db: Database, tenant: TenantId, ifi: string, at: number): number {
  const { identity, addLearner, addIdentity: add } = statements(db)
  const row = identity.get(tenant, ifi)
  if (row !== undefined) return row.id
  const learner = Number(addLearner.run(randomUUID(), tenant, at).lastInsertRowid)
  return Number(add.run(tenant, ifi, learner, learner, null, 0).lastInsertRowid)
}

function isFresh(db: Database, tenant: TenantId, { id, a, b, source }: IdentityLink): boolean {
  const { identity, sameId, samePair } = statements(db)
  if (a === b || sameId.get(tenant, id) !== undefined) return false
  const [first, second] = [identity.get(tenant, a), identity.get(tenant, b)]
  if (first === undefined || second === undefined) return true
  return samePair.get({ a: first.id, b: second.id, source }) === undefined
}

/** Connected components of the links over learners and identifiers that have none yet. */
function componentsOf(db: Database, tenant: TenantId, links: readonly IdentityLink[]): Component[] {
  const parent = new Map<number | string, number | string>()
  const rootOf = (node: number | string): number | string => {
    let root = node
    for (let up = parent.get(root); up !== undefined && up !== root; up = parent.get(root)) root = up
    parent.set(node, root)
    return root
  }
  const nodeOf = (ifi: string) => statements(db).identity.get(tenant, ifi)?.learner ?? ifi
  for (const { a, b } of links) {
    const [first, second] = [rootOf(nodeOf(a)), rootOf(nodeOf(b))]
    if (first !== second) parent.set(second, first)
  }
  const members = new Map<number | string, (number | string)[]>()
  for (const node of parent.keys()) {
    const root = rootOf(node)
    const found = members.get(root)
    if (found === undefined) members.set(root, [node])
    else found.push(node)
  }
  return [...members.values()].map((nodes) => ({
    learners: nodes.filter((node) => typeof node === 'number').sort((a, b) => a - b),
    unknown: nodes.filter((node) => typeof node === 'string'),
  }))
}

function join(db: Database, tenant: TenantId, { learners, unknown }: Component, stored: number): void {
  const { addLearner, addLinked, moveIdentities, redirect, revise, identitiesOf } = statements(db)
  const [known, ...others] = learners
  if (others.length === 0 && unknown.length === 0) return
  const elder = known ?? Number(addLearner.run(randomUUID(), tenant, stored).lastInsertRowid)
  for (const other of others) {
    moveIdentities.run(elder, other)
    redirect.run({ into: elder, from: other })
  }
  for (const ifi of unknown) addLinked.run(tenant, ifi, elder)
  revise.run(elder)
  for (const identity of identitiesOf.all(elder)) markIdentity(db, tenant, identity, ALWAYS, stored)
}

function identityOf(db: Database, tenant: TenantId, ifi: string): number {
  const row = statements(db).identity.get(tenant, ifi)
  if (row === undefined) throw new Error('an identity that was just linked is missing')
  return row.id
}

function idOf(db: Database, learner: number): string {
  return statements(db).learnerId.get(learner) ?? ''
}
