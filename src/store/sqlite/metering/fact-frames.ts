/**
 * What many facts have in common (verb, object, credential) is stored once, as their frame: a fact takes a third of the space,
 * and most of a history need not be parsed.
 */
import { createHash } from 'node:crypto'
import type { Fact } from '../../../attempts/fact.ts'
import { isActivity } from '../../../attempts/use.ts'
import type { TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { memoized } from '../memoized.ts'

/** A fact but for its learner, who is the identity it is stored under: two JSON objects that have no member in common. */
export interface SplitFact {
  /** null: `data` says everything. */
  readonly frame: string | null
  readonly data: string
}

/** Frames stay when a statement is deleted, so an object that is a person, or a statement of one, is in none. */
export function splitFact(fact: Fact): SplitFact {
  if (!isActivity(fact.object)) return { frame: null, data: JSON.stringify({ ...fact, learner: undefined }) }
  const { statementId, learner, name, keys, registration, origin, at, ...others } = fact
  const { completion, success, scaled, progress, durationMs, fingerprint, ...frame } = others
  const outcome = { completion, success, scaled, progress, durationMs }
  return {
    frame: JSON.stringify(frame),
    data: JSON.stringify({ statementId, name, keys, registration, origin, at, ...outcome, fingerprint }),
  }
}

export interface FrameWriter {
  /** @returns its number, given to it when it is new */
  numberOf(tenant: TenantId, frame: string): number
  /** What is stored is read again: it may be damaged. */
  distrust(): void
}

/** Frames remembered; some 10 MB when full. */
const REMEMBERED = 20_000
/** By text, of each tenant; whoever writes on a connection knows the same. */
const remembered = memoized(() => new Map<TenantId, Map<string, number>>())

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
  const knownOf = (tenant: TenantId): Map<string, number> => {
    const found = known.get(tenant)
    if (found !== undefined && found.size < REMEMBERED) return found
    const fresh = new Map<string, number>()
    known.set(tenant, fresh)
    return fresh
  }
  const learn = (tenant: TenantId, frame: string): number => {
    const hash = createHash('sha256').update(frame).digest().subarray(0, 16)
    const found = find.get(tenant, hash)
    if (found?.data === frame) return found.number
    // Readers remember frames by number, so what a number stands for never changes.
    if (found) replace.run(found.number)
    return Number(add.run(tenant, hash, frame).lastInsertRowid)
  }
  return {
    numberOf: (tenant, frame) => {
      const frames = knownOf(tenant)
      const number = frames.get(frame) ?? learn(tenant, frame)
      frames.set(frame, number)
      return number
    },
    distrust: forget,
  }
}
