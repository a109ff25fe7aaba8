/** A statement as the database has it. */
import type { StoredStatement } from '../../ports.ts'
import { uuidText } from './uuid.ts'

export interface StatementRow {
  readonly seq: number
  readonly id: Buffer
  readonly raw: string
  readonly stored: number
  readonly authority: string
  readonly version: string
  readonly credential: string
  readonly voided: 0 | 1
}

export const ROW = `SELECT s.seq, s.id, s.raw, s.stored, o.authority, s.version, o.credential, s.voided
  FROM statement s CROSS JOIN origin o ON o.id = s.origin`

export function fromRow({ id, voided, ...row }: StatementRow): StoredStatement {
  return { ...row, id: uuidText(id), voided: voided === 1 }
}
