/**
 * Whom a mass change touches. Too many is harmless (they are recounted to the same result), too few is a wrong count, so an
 * element's change looks in every place its id can decide something. A voided statement keeps its terms, and its evidence
 * still counts (A23).
 */

import type { Db, Filter } from 'mongodb'
import { activityTerm } from '../../../xapi/terms.ts'
import type { PendingChange, TenantId } from '../../ports.ts'
import { byIds } from '../driver/bulk.ts'
import { keyOf, keysAfter } from '../driver/keys-of.ts'
import { behind } from '../driver/keyset.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { IdentityDoc, StatementCollections } from '../schema/collections.ts'
import { type AttemptDoc, meterCollections } from '../schema/meter-collections.ts'
import { objectsBelow } from '../statements/objects-below.ts'

export interface Found {
  /** May repeat. */
  readonly identities: readonly IdentityDoc[]
  /** Where the next slice starts; null when there is none. */
  readonly next: string | null
}

/** One way of finding learners, in slices; begins at the position ''. */
export type Look = (tenant: TenantId, subject: string, position: string, slice: number) => Promise<Found>

/** The ways to look, one after the other, for each kind of change. */
export function touchedBy(
  db: Db,
  collections: StatementCollections,
  redirects: Redirects,
): Readonly<Record<PendingChange['kind'], readonly Look[]>> {
  const everybody = seenIdentities(collections)
  return {
    policy: [everybody],
    setting: [everybody],
    element: [markedIdentities(collections), byAttempt(db, redirects), byStatement(collections)],
  }
}

export function seenIdentities({ identities }: StatementCollections): Look {
  return async (tenant, _subject, position, slice) => {
    const rest = { _id: keysAfter(tenant, position), seen: true }
    const rows = await identities.find(rest).sort({ _id: 1 }).limit(slice).toArray()
    return { identities: rows, next: nextOf(rows, slice, ({ key }) => key) }
  }
}

/**
 * Whoever is dirty now: a recount on its way may have read the catalogue before the change and have nothing written yet that
 * the other looks could find. Marked again, its result does not clear the mark.
 */
function markedIdentities({ marks, identities }: StatementCollections): Look {
  return async (tenant, _subject, position, slice) => {
    const rest = { ...keysAfter(tenant), ...(position !== '' && { $gt: position }) }
    const rows = await marks.find({ _id: rest }).sort({ _id: 1 }).limit(slice).toArray()
    const found = await byIds(
      identities,
      rows.map(({ _id }) => _id),
    )
    return { identities: found, next: nextOf(rows, slice, ({ _id }) => _id) }
  }
}

/** Learners with an attempt at the element: by the rules of their source it may be one that no statement names like this. */
function byAttempt(db: Db, redirects: Redirects): Look {
  const { attempts } = meterCollections(db)
  return async (tenant, subject, position, slice) => {
    const filter: Filter<AttemptDoc> = { tenant, element: subject, ...afterAttempt(position) }
    const rows = await attempts.find(filter).sort({ first: 1, id: 1 }).limit(slice).toArray()
    const roots = await redirects.rootsOf(
      tenant,
      rows.map(({ learner }) => learner),
    )
    const learners = new Set([...roots.values()].map(({ id }) => id))
    return {
      identities: await redirects.membersOf(tenant, learners),
      next: nextOf(rows, slice, ({ first, id }) => JSON.stringify([first, id])),
    }
  }
}

function afterAttempt(position: string): Filter<AttemptDoc> {
  if (position === '') return {}
  const [first, id] = JSON.parse(position) as [number, string]
  return behind({ first, id }, 1)
}

/**
 * Learners of statements that name the element anywhere in object or context, then of those whose object lies below its
 * path, all by the index. Position: the object being looked for ('' = the element itself) and the last seq found.
 */
function byStatement(collections: StatementCollections): Look {
  const search = activitySearch(collections)
  const below = objectsBelow(collections)
  return async (tenant, subject, position, slice) => {
    const found: IdentityDoc[] = []
    let [object, after] = position === '' ? ['', 0] : (JSON.parse(position) as [string, number])
    for (let left = slice; left > 0; ) {
      const { seqs, identities } = await search(tenant, object || subject, object === '', after, left)
      found.push(...identities)
      if (seqs.length === left) return { identities: found, next: JSON.stringify([object, seqs.at(-1)]) }
      const next = await below(tenant, subject, object)
      if (next === undefined) return { identities: found, next: null }
      left -= seqs.length + 1
      object = next
      after = 0
    }
    return { identities: found, next: JSON.stringify([object, after]) }
  }
}

/** Statements about an activity (`related`: naming it anywhere) after a seq, ascending, and whom they are about. */
function activitySearch({ statements, identities }: StatementCollections) {
  return async (tenant: TenantId, activity: string, related: boolean, after: number, limit: number) => {
    const rows = await statements
      .find(
        { tenant, terms: activityTerm(activity, related), seq: { $gt: after } },
        { projection: { seq: 1, who: 1 } },
      )
      .sort({ seq: 1 })
      .limit(limit)
      .toArray()
    const keys = rows.flatMap(({ who }) => who.map((key) => keyOf(tenant, key)))
    return { seqs: rows.map(({ seq }) => seq), identities: await byIds(identities, keys) }
  }
}

/** A full slice may have a successor. */
function nextOf<Row>(rows: readonly Row[], slice: number, positionOf: (row: Row) => string): string | null {
  const last = rows.at(-1)
  return rows.length < slice || last === undefined ? null : positionOf(last)
}
