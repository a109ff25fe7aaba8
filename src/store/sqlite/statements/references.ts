/**
 * Reference propagation (xAPI 1.0.3 Communication §2.1.3, 2.0 §4.1.6.1; xapi.md §4.5): a statement whose object is a
 * StatementRef is found by what its target says as well, and by what the target's target says. A statement knows the terms
 * of a target that was there before it; for one that comes later, the terms are handed on from here, in bounded slices.
 * What is left to hand on is kept in the database, and Consistent-Through waits for it (ruling 32).
 */
import type { Database, WriteContext } from '../database.ts'
import { createTermIndex } from './term-index.ts'
import { isOwnToken } from './terms.ts'

/** Referring statements reached in one slice: about 10 ms. */
const SLICE = 250
/** Tokens a statement may carry, inherited ones included: a chain of references is followed until then. */
const MOST_TOKENS = 500

export interface Propagation {
  /** Hands on one slice. */
  step(): void
  /** The `stored` of the earliest commit whose terms have not reached every statement that refers to it; null when none. */
  unfinishedSince(): number | null
}

interface Pending {
  readonly seq: number
  readonly stored: number
  readonly reached: number
  readonly tenant: number
  readonly id: Buffer
  readonly terms: string
}

interface Referrer {
  readonly seq: number
  readonly voided: 0 | 1
  readonly terms: string
}

/** Its tokens first; those it inherits as far as there is room. */
export function unionOfTokens(own: string, inherited: string): string {
  const tokens = new Set(own.split(' '))
  for (const token of inherited.split(' ')) {
    if (tokens.size >= MOST_TOKENS) break
    if (!isOwnToken(token)) tokens.add(token)
  }
  tokens.delete('')
  return [...tokens].join(' ')
}

export function createPropagation(db: Database, context: Pick<WriteContext, 'onRollback'>): Propagation {
  const index = createTermIndex(db, context)
  const next = db.prepare<[], Pending>(
    `SELECT p.seq, p.stored, p.reached, s.tenant, s.id, s.terms FROM propagation p JOIN statement s USING (seq)
     ORDER BY p.stored, p.seq LIMIT 1`,
  )
  const referrers = db.prepare<[number, Buffer, number, number], Referrer>(
    `SELECT s.seq, s.voided, s.terms FROM reference r JOIN statement s ON s.seq = r.seq
     WHERE r.tenant = ? AND r.target = ? AND r.seq > ? ORDER BY r.seq LIMIT ?`,
  )
  const setTerms = db.prepare<[string, number]>('UPDATE statement SET terms = ? WHERE seq = ?')
  const queue = prepareQueue(db)
  const reach = db.prepare<[number, number]>('UPDATE propagation SET reached = ? WHERE seq = ?')
  const done = db.prepare<[number]>('DELETE FROM propagation WHERE seq = ?')
  const since = db.prepare<[], number | null>('SELECT min(stored) FROM propagation').pluck()

  const handOn = (target: Pending, referrer: Referrer) => {
    const terms = unionOfTokens(referrer.terms, target.terms)
    if (terms === referrer.terms) return
    setTerms.run(terms, referrer.seq)
    if (referrer.voided === 0) index.replace(referrer.seq, terms)
    queue(referrer.seq, target.stored)
  }
  /** Reaches up to `room` statements that refer to this one; returns how many. */
  const handOnFrom = (target: Pending, room: number): number => {
    const found = referrers.all(target.tenant, target.id, target.reached, room)
    for (const referrer of found) handOn(target, referrer)
    const last = found.at(-1)
    if (last === undefined || found.length < room) done.run(target.seq)
    else reach.run(last.seq, target.seq)
    return found.length
  }
  return {
    step: () => {
      let room = SLICE
      for (let target = next.get(); target !== undefined && room > 0; target = next.get()) {
        room -= Math.max(1, handOnFrom(target, room))
      }
    },
    unfinishedSince: () => since.get() ?? null,
  }
}

/** Notes that the terms of this statement must be handed on. `stored`: of the commit that is the cause. */
export function prepareQueue(db: Database): (seq: number, stored: number) => void {
  const add = db.prepare<[number, number]>(
    `INSERT INTO propagation (seq, stored) VALUES (?, ?)
     ON CONFLICT (seq) DO UPDATE SET reached = 0, stored = min(stored, excluded.stored)`,
  )
  return (seq, stored) => {
    add.run(seq, stored)
  }
}
