/** Small statements for the store: what they say matters only where a test says so. */
import { randomUUID } from 'node:crypto'
import type { Fact } from '../../src/attempts/fact.ts'
import type { Batch, IncomingStatement, StatementSelection } from '../../src/store/ports.ts'

const COURSE = 'https://lms.example.org/course/1'
export const NOON = Date.UTC(2024, 4, 1, 12)

export function statementOf(
  changes: Partial<IncomingStatement> & { readonly verb?: string } = {},
): IncomingStatement {
  const { verb = 'http://adlnet.gov/expapi/verbs/experienced', ...rest } = changes
  const id = rest.id ?? randomUUID()
  const actor = { mbox: 'mailto:ana@example.org' }
  const object = { id: COURSE }
  const raw = JSON.stringify({
    id,
    actor,
    verb: { id: verb },
    object,
    timestamp: new Date(NOON).toISOString(),
  })
  return { id, raw, timestamp: NOON, version: '1.0.3', terms: [verb], voids: null, facts: [], ...rest }
}

export function voidingOf(target: string, changes: Partial<IncomingStatement> = {}): IncomingStatement {
  const id = changes.id ?? randomUUID()
  const verb = { id: 'http://adlnet.gov/expapi/verbs/voided' }
  const raw = JSON.stringify({
    id,
    actor: { mbox: 'mailto:ana@example.org' },
    verb,
    object: { objectType: 'StatementRef', id: target },
  })
  return statementOf({ id, raw, timestamp: null, terms: ['voided'], voids: target, ...changes })
}

export function factOf(statementId: string, changes: Partial<Fact> = {}): Fact {
  return {
    statementId,
    learner: 'account:https://lms.example.org|ana',
    name: 'Ana',
    verb: 'http://adlnet.gov/expapi/verbs/experienced',
    object: { id: COURSE },
    parents: [],
    groupings: [],
    source: 'other',
    keys: [],
    at: NOON,
    credential: 'content',
    purpose: 'learner',
    ...changes,
  }
}

/** A statement with one fact about this learner. */
export function statementAbout(learner: string, changes: Partial<Fact> = {}): IncomingStatement {
  const id = randomUUID()
  return statementOf({ id, facts: [factOf(id, { learner, ...changes })] })
}

export function batchOf(statements: readonly IncomingStatement[], changes: Partial<Batch> = {}): Batch {
  return {
    credential: 'content',
    authority: '{"name":"content"}',
    voidsOthers: false,
    version: '1.0.3',
    statements,
    ...changes,
  }
}

export function selectionOf(changes: Partial<StatementSelection> = {}): StatementSelection {
  return { terms: [], ascending: true, limit: 100, ...changes }
}
