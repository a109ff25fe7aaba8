/**
 * What many facts have in common (verb, object, credential) is stored once, as their frame: a fact takes half of the space, and
 * most of a history need not be parsed.
 */
import { createHash } from 'node:crypto'
import type { ActivityRef, Fact } from '../../../attempts/fact.ts'
import { attemptedActivity } from '../../../attempts/session-keys.ts'
import { isActivity } from '../../../attempts/use.ts'
import { attemptTypes } from '../../../attempts/vocabulary.ts'
import type { TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { memoized } from '../memoized.ts'

/** A fact but for its learner, who is the identity it is stored under: two JSON objects that have no member in common. */
export interface SplitFact {
  /** null: `data` says everything. */
  readonly frame: string | null
  readonly data: string
}

/** Longer ones are of few facts. */
const LONGEST = 2_000

/**
 * Frames stay when statements are deleted: nothing of a learner or of one attempt is in any. Parents and groupings name the
 * attempt in the profiles of SCORM, so they are no part of it; lists that are empty are left out (fact-rows.ts).
 */
export function splitFact(fact: Fact): SplitFact {
  const {
    statementId,
    learner: _,
    name,
    keys,
    parents,
    groupings,
    registration,
    origin,
    at,
    ...others
  } = fact
  const { completion, success, scaled, progress, durationMs, fingerprint, ...common } = others
  const lists = { keys: some(keys), parents: some(parents), groupings: some(groupings) }
  const outcome = { completion, success, scaled, progress, durationMs }
  const own = { statementId, name, ...lists, registration, origin, at, ...outcome, fingerprint }
  const frame = isShared(fact.object) ? JSON.stringify(common) : null
  if (frame === null || frame.length > LONGEST)
    return { frame: null, data: JSON.stringify({ ...own, ...common }) }
  return { frame, data: JSON.stringify(own) }
}

/** Both parts in one. */
export function joinParts(frame: string, data: string): string {
  return `${data.slice(0, -1)},${frame.slice(1)}`
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined
}

/** Not a person, not a statement, and not somebody's attempt at an activity. */
function isShared(object: ActivityRef): boolean {
  return (
    isActivity(object) && !attemptTypes.has(object.type ?? '') && attemptedActivity(object.id) === object.id
  )
}

export interface FrameWriter {
  /** @returns its number; null when it is met for the first time: it may be of one fact only */
  numberOf(tenant: TenantId, frame: string): number | null
  /** The same after a look at what is stored: it may be damaged. */
  soundNumberOf(tenant: TenantId, frame: string): number | null
}

/** Frames remembered of all tenants; some 10 MB when full. */
const REMEMBERED = 20_000
/** Whoever writes on a connection knows the same: numbers, and null for what was met once. */
const remembered = memoized(() => new Map<string, number | null>())

export function createFrameWriter(db: Database, context: Pick<WriteContext, 'onRollback'>): FrameWriter {
  const find = db.prepare<[TenantId, Buffer], { number: number; data: string }>(
    'SELECT number, data FROM fact_frame WHERE tenant = ? AND hash = ?',
  )
  const add = db.prepare<[TenantId, Buffer, string]>(
    'INSERT INTO fact_frame (tenant, hash, data) VALUES (?, ?, ?)',
  )
  const replace = db.prepare<[number]>('UPDATE fact_frame SET hash = NULL WHERE number = ?')
  const known = remembered(db)
  const forget = () => known.clear()
  context.onRollback(forget)
  const learn = (tenant: TenantId, frame: string): number => {
    const hash = createHash('sha256').update(frame).digest().subarray(0, 16)
    const found = find.get(tenant, hash)
    if (found?.data === frame) return found.number
    // Readers remember frames by number, so what a number stands for never changes.
    if (found) replace.run(found.number)
    return Number(add.run(tenant, hash, frame).lastInsertRowid)
  }
  const dataOf = db.prepare<[number], string>('SELECT data FROM fact_frame WHERE number = ?').pluck()
  const numbered = (tenant: TenantId, frame: string, isKnown: (number: number) => boolean): number | null => {
    const name = `${tenant} ${frame}`
    const met = known.get(name)
    if (typeof met === 'number' && isKnown(met)) return met
    const number = met === undefined ? null : learn(tenant, frame)
    if (known.size >= REMEMBERED) forget()
    known.set(name, number)
    return number
  }
  return {
    numberOf: (tenant, frame) => numbered(tenant, frame, () => true),
    soundNumberOf: (tenant, frame) => numbered(tenant, frame, (number) => dataOf.get(number) === frame),
  }
}
