/** Removing a link, and what it parts (ruling 19): components are worked out anew from the links that remain. */
import { randomUUID } from 'node:crypto'
import { groupBy } from '../../../attempts/group-by.ts'
import { unionFind } from '../../../attempts/union-find.ts'
import type { TenantId, Unlinking } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { ALWAYS, markIdentity } from '../metering/marks.ts'
import { learnerLookup } from './learners.ts'

interface Member {
  readonly id: number
  readonly ifi: string
  readonly born: number | null
}

interface LinkRow {
  readonly number: number
  readonly a: number
  readonly b: number
  readonly source: string
  readonly learner: string
}

/** What the links hold together; the one who keeps the learner first. */
type Parts = readonly (readonly Member[])[]

export function splitWrites(db: Database, context: WriteContext) {
  const find = db.prepare<[string, string], LinkRow>(
    `SELECT k.number, k.a, k.b, k.source, l.id AS learner FROM identity_link k JOIN identity i ON i.id = k.a
       JOIN learner l ON l.number = i.learner WHERE k.tenant = ? AND k.id = ?`,
  )
  const remove = db.prepare<[number]>('DELETE FROM identity_link WHERE number = ?')
  const { current } = learnerLookup(db)
  const partsOf = partition(db)
  const part = parter(db)
  const carryOut = (tenant: TenantId, learner: number, link: number, parts: Parts): void => {
    remove.run(link)
    if (parts.length === 1) return
    const stored = context.stored()
    part(tenant, learner, parts, stored)
    for (const { id } of parts.flat()) markIdentity(db, tenant, id, ALWAYS, stored)
  }
  return {
    unlinkGiven: (
      tenant: TenantId,
      id: string,
      { dryRun }: { readonly dryRun: boolean },
    ): Unlinking | null => {
      const link = find.get(tenant, id)
      const learner = link && current(tenant, link.learner)
      if (!learner || link.source === 'automatic') return null
      const parts = partsOf(learner.number, link.number)
      if (!dryRun) carryOut(tenant, learner.number, link.number, parts)
      return { learner: learner.id, parts: parts.map((members) => members.map(({ ifi }) => ifi).sort()) }
    },
  }
}

/** The components of a learner's identities without one link. */
function partition(db: Database): (learner: number, without: number) => Parts {
  const members = db.prepare<[number], Member>(
    'SELECT id, ifi, born FROM identity WHERE learner = ? ORDER BY id',
  )
  const links = db.prepare<[number, number], { a: number; b: number }>(
    `SELECT k.a, k.b FROM identity i JOIN identity_link k ON k.a = i.id WHERE i.learner = ? AND k.number <> ?`,
  )
  return (learner, without) => {
    const all = members.all(learner)
    const sets = unionFind()
    for (const { id } of all) sets.add(String(id))
    for (const { a, b } of links.all(learner, without)) sets.join(String(a), String(b))
    const parts = [...groupBy(all, ({ id }) => sets.find(String(id))).values()]
    const keeper = parts.find((part) => part.some(({ born }) => born === learner)) ?? parts[0]
    return parts.sort((a, b) => Number(b === keeper) - Number(a === keeper))
  }
}

/** Gives every part but the first a learner: the eldest of those its identities were met as, or a new one. */
function parter(db: Database) {
  const add = db.prepare<[string, TenantId, number]>(
    'INSERT INTO learner (id, tenant, revision, created) VALUES (?, ?, 1, ?)',
  )
  const move = db.prepare<[number, number | null, number]>(
    'UPDATE identity SET learner = ?, born = ? WHERE id = ?',
  )
  const stand = db.prepare<[number]>(
    'UPDATE learner SET redirect = NULL, revision = revision + 1 WHERE number = ?',
  )
  const redirect = db.prepare<{ to: number; from: number }>(
    'UPDATE learner SET redirect = :to, revision = revision + 1 WHERE number = :from AND number <> :to',
  )
  /** The eldest its identities were met as, the keeper aside; else a new one. */
  const learnerFor = (
    tenant: TenantId,
    keeper: number,
    members: readonly Member[],
    stored: number,
  ): number => {
    const own = members.flatMap(({ born }) => (born === null || born === keeper ? [] : [born]))
    return own.length > 0 ? Math.min(...own) : Number(add.run(randomUUID(), tenant, stored).lastInsertRowid)
  }
  const moveTo = (learner: number, keeper: number, { id, born }: Member): void => {
    const met = born === keeper || born === null ? learner : born
    move.run(learner, met, id)
    redirect.run({ to: learner, from: met })
  }
  return (tenant: TenantId, keeper: number, [, ...others]: Parts, stored: number): void => {
    for (const members of others) {
      const learner = learnerFor(tenant, keeper, members, stored)
      for (const member of members) moveTo(learner, keeper, member)
      stand.run(learner)
    }
    stand.run(keeper)
  }
}
