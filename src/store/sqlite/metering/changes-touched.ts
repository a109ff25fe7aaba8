/**
 * Whom a mass change touches. Too many is harmless (they are recounted to the same result), too few is a wrong count, so an
 * element's change looks in every place its id can decide something.
 */
import { activityTerm } from '../../../xapi/terms.ts'
import type { PendingChange, TenantId } from '../../ports.ts'
import { createTenantNumberReader } from '../accounts/tenant-numbers.ts'
import type { Database } from '../database.ts'
import { learnerLookup } from '../learners/learners.ts'
import { objectsBelow } from '../statements/objects.ts'
import { createTermSearch } from '../statements/term-index.ts'
import { createTermReader } from '../statements/terms.ts'

interface Found {
  /** identity.id; may repeat. */
  readonly identities: readonly number[]
  /** Where the next slice starts; null when there is none. */
  readonly next: string | null
}

/** Before the first attempt. */
const START: [number, string] = [Number.MIN_SAFE_INTEGER, '']

/** One way of finding learners, in slices. */
export type Look = (tenant: TenantId, subject: string, position: string, slice: number) => Found

/** The ways to look, one after the other, for each kind of change. */
export function touchedBy(db: Database): Readonly<Record<PendingChange['kind'], readonly Look[]>> {
  const everybody = seenIdentities(db)
  return {
    policy: [everybody],
    setting: [everybody],
    element: [markedIdentities(db), byAttempt(db), byStatement(db), byVoidedStatement(db)],
  }
}

function seenIdentities(db: Database): Look {
  const some = db.prepare<[string, string, number], { id: number; ifi: string }>(
    'SELECT id, ifi FROM identity WHERE tenant = ? AND ifi > ? AND seen = 1 ORDER BY ifi LIMIT ?',
  )
  return (tenant, _subject, position, slice) => {
    const rows = some.all(tenant, position, slice)
    return { identities: rows.map(({ id }) => id), next: nextOf(rows, slice, ({ ifi }) => ifi) }
  }
}

/**
 * Whoever is dirty now: a recount on its way may have read the catalogue before the change and have nothing written yet that
 * the other looks could find. Marked again, its result does not clear the mark.
 */
function markedIdentities(db: Database): Look {
  const some = db.prepare<[string, number, number], { identity: number }>(
    'SELECT identity FROM mark WHERE tenant = ? AND identity > ? ORDER BY identity LIMIT ?',
  )
  return (tenant, _subject, position, slice) => {
    const rows = some.all(tenant, Number(position), slice)
    return {
      identities: rows.map(({ identity }) => identity),
      next: nextOf(rows, slice, ({ identity }) => identity),
    }
  }
}

/** Learners with an attempt at the element: by the rules of their source it may be one that no statement names like this. */
function byAttempt(db: Database): Look {
  const some = db.prepare<[object], { first: number; id: string; learner: string }>(
    `SELECT first, id, learner FROM attempt
     WHERE tenant = @tenant AND element = @subject AND (first, id) > (@first, @id) ORDER BY first, id LIMIT @slice`,
  )
  const { current } = learnerLookup(db)
  const identities = db.prepare<[number], number>('SELECT id FROM identity WHERE learner = ?').pluck()
  return (tenant, subject, position, slice) => {
    const [first, id] = position === '' ? START : (JSON.parse(position) as [number, string])
    const rows = some.all({ tenant, subject, first, id, slice })
    const learners = new Set(rows.map(({ learner }) => learner))
    return {
      identities: [...learners].flatMap((learner) => identities.all(current(tenant, learner)?.number ?? 0)),
      next: nextOf(rows, slice, (row) => JSON.stringify([row.first, row.id])),
    }
  }
}

/**
 * Learners of statements that name the element anywhere in object or context, then of those whose object lies below its
 * path, all by the index. Position: the object being looked for ('' = the element itself) and the last seq found.
 */
function byStatement(db: Database): Look {
  const seqsOf = activitySearch(db)
  const below = objectsBelow(db)
  const identities = db.prepare<[number], number>('SELECT identity FROM fact WHERE seq = ?').pluck()
  return (tenant, subject, position, slice) => {
    const found: number[] = []
    let [object, after] = position === '' ? ['', 0] : (JSON.parse(position) as [string, number])
    for (let left = slice; left > 0; ) {
      const seqs = seqsOf(tenant, object || subject, object === '', after, left)
      found.push(...seqs.flatMap((seq) => identities.all(seq)))
      if (seqs.length === left) return { identities: found, next: JSON.stringify([object, seqs.at(-1)]) }
      const next = below(tenant, subject, object)
      if (next === undefined) return { identities: found, next: null }
      left -= seqs.length + 1
      object = next
      after = 0
    }
    return { identities: found, next: JSON.stringify([object, after]) }
  }
}

/** Statements about an activity (`related`: naming it anywhere) after a seq, ascending; not the voided ones. */
function activitySearch(db: Database) {
  const numberOf = createTenantNumberReader(db)
  const tokensOf = createTermReader(db)
  const search = createTermSearch(db)
  const newest = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM statement').pluck()
  return (
    tenant: TenantId,
    activity: string,
    related: boolean,
    after: number,
    limit: number,
  ): readonly number[] => {
    const number = numberOf(tenant)
    const tokens = number === null ? null : tokensOf(number, [activityTerm(activity, related)])
    return tokens ? search({ tokens, from: after + 1, to: newest.get() ?? 0, ascending: true, limit }) : []
  }
}

/** A voided statement is not in the index, but its evidence still counts (A23). */
function byVoidedStatement(db: Database): Look {
  const numberOf = createTenantNumberReader(db)
  const some = db.prepare<[object], { target: Buffer; seq: number }>(
    `SELECT target, seq FROM reference
     WHERE tenant = @tenant AND voids > 0 AND (target, seq) > (@target, @seq) ORDER BY target, seq LIMIT @slice`,
  )
  const identities = db
    .prepare<[number, Buffer, string], number>(
      `SELECT f.identity FROM statement s JOIN fact f ON f.seq = s.seq LEFT JOIN fact_frame c ON c.number = f.frame
       WHERE s.tenant = ? AND s.id = ? AND s.voided = 1 AND instr(f.data || coalesce(c.data, ''), ?) > 0`,
    )
    .pluck()
  return (tenant, subject, position, slice) => {
    const number = numberOf(tenant)
    if (number === null) return { identities: [], next: null }
    const [target, seq] = position === '' ? ['', -1] : (JSON.parse(position) as [string, number])
    const rows = some.all({ tenant: number, target: Buffer.from(target, 'hex'), seq, slice })
    const needle = JSON.stringify(subject).slice(1, -1)
    return {
      identities: rows.flatMap((row) => identities.all(number, row.target, needle)),
      next: nextOf(rows, slice, (row) => JSON.stringify([row.target.toString('hex'), row.seq])),
    }
  }
}

/** A full slice may have a successor. */
function nextOf<Row>(
  rows: readonly Row[],
  slice: number,
  positionOf: (row: Row) => string | number,
): string | null {
  const last = rows.at(-1)
  return rows.length < slice || last === undefined ? null : String(positionOf(last))
}
