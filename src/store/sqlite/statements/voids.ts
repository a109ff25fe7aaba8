/**
 * Voiding, in any order of arrival (xAPI Data §2.3.2, 2.0 §4.2.5; xapi.md §4.5). A voiding statement can never be voided. A credential
 * voids its own statements, and others' only where it may (ruling 23).
 */
import type { Batch, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'
import type { FactWriter } from '../metering/facts.ts'
import type { TermIndex } from './term-index.ts'

/** A stored statement that another refers to. */
export interface Target {
  readonly seq: number
  readonly received: number
  readonly timestamp: number | null
  readonly voided: 0 | 1
  readonly voiding: 0 | 1
  readonly credential: string
  readonly terms: string
}

type Voider = Pick<Batch, 'credential' | 'voidsOthers'>

/** As kept in `reference.voids`. */
export function voidsLevel(voider: Voider): 1 | 2 {
  return voider.voidsOthers ? 2 : 1
}

/** Refused, and not only without effect: somebody else's statement that is there. */
export function isForbiddenTarget(target: Target, voider: Voider): boolean {
  return target.voiding === 0 && !voider.voidsOthers && target.credential !== voider.credential
}

export function isVoidable(target: Target, voider: Voider): boolean {
  return target.voiding === 0 && target.voided === 0 && !isForbiddenTarget(target, voider)
}

export function prepareTarget(db: Database): (tenant: number, id: Buffer) => Target | undefined {
  const find = db.prepare<[number, Buffer], Target>(
    `SELECT s.seq, coalesce(p.received, s.stored) AS received, s.timestamp, s.voided, s.voiding, o.credential, s.terms
     FROM statement s JOIN origin o ON o.id = s.origin LEFT JOIN provenance p ON p.seq = s.seq WHERE s.tenant = ? AND s.id = ?`,
  )
  return (tenant, id) => find.get(tenant, id)
}

export function createVoiding(db: Database, index: TermIndex, facts: FactWriter) {
  const anyReferrer = db
    .prepare<[number, Buffer], 1>('SELECT 1 FROM reference WHERE tenant = ? AND target = ? LIMIT 1')
    .pluck()
  const voider = db
    .prepare<[number, Buffer, string], 1>(
      `SELECT 1 FROM reference r JOIN statement v ON v.seq = r.seq JOIN origin o ON o.id = v.origin
       WHERE r.tenant = ? AND r.target = ? AND (r.voids = 2 OR (r.voids = 1 AND o.credential = ?)) LIMIT 1`,
    )
    .pluck()
  const setVoided = db.prepare<[number]>('UPDATE statement SET voided = 1 WHERE seq = ?')
  return {
    find: prepareTarget(db),
    /** Some statement refers to this id. */
    isReferredTo: (tenant: number, id: Buffer): boolean => anyReferrer.get(tenant, id) !== undefined,
    /** Its voiding statement came before it, from a credential that may void statements of `credential`. */
    isVoidedAhead: (tenant: number, id: Buffer, credential: string): boolean =>
      voider.get(tenant, id, credential) !== undefined,
    apply: (tenant: TenantId, { seq, received, timestamp }: Target, commit: number): void => {
      setVoided.run(seq)
      index.remove(seq)
      facts.voided({ tenant, seq, timestamp, received }, commit)
    },
  }
}
