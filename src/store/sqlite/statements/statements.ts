/** The StatementStore over the writer and the readers. */

import type { Remote } from '../../calls.ts'
import type { Batch, IncomingStatement, StatementStore } from '../../ports.ts'
import { type PackedFact, packFact } from '../metering/facts.ts'
import type { statementTimeReads } from './statements-by-time.ts'
import type { statementReads } from './statements-read.ts'
import type { statementWrites } from './statements-write.ts'

/** A statement on its way to the writer: what could be done on the sending thread is done. */
export interface PackedStatement extends Omit<IncomingStatement, 'facts'> {
  readonly facts: readonly PackedFact[]
}

export interface PackedBatch extends Omit<Batch, 'statements'> {
  readonly statements: readonly PackedStatement[]
}

export function createStatementStore(
  writes: Pick<Remote<ReturnType<typeof statementWrites>>, 'insertStatements'>,
  reads: Remote<ReturnType<typeof statementReads> & ReturnType<typeof statementTimeReads>>,
  horizon: () => number,
): StatementStore {
  return {
    insert: (tenant, batch) => writes.insertStatements(tenant, packed(batch)),
    find: (tenant, id, voided) => reads.findStatement(tenant, id, voided),
    select: (tenant, selection) => reads.selectStatements(tenant, selection),
    selectByTime: (tenant, selection) => reads.selectStatementsByTime(tenant, selection),
    lastSeq: (tenant) => reads.lastStatementSeq(tenant),
    count: (tenant, upTo) => reads.countStatements(tenant, upTo),
    scan: (tenant, afterSeq, limit) => reads.scanStatements(tenant, afterSeq, limit),
    consistentThrough: async () => horizon(),
  }
}

function packed(batch: Batch): PackedBatch {
  return {
    ...batch,
    statements: batch.statements.map((statement) => ({
      ...statement,
      facts: statement.facts.map(packFact),
    })),
  }
}
