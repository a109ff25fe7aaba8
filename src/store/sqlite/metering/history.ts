/** The input of a recount (ruling 8), read in one snapshot: a mark is only cleared by a recount that saw what it marks. */
import type { LaunchRecord } from '../../../attempts/derivation.ts'
import type { StoredFact } from '../../../attempts/fact.ts'
import type { Tombstone } from '../../../metering/tombstone.ts'
import type { LearnerHistory, TenantId } from '../../ports.ts'
import { createTenantNumberReader } from '../accounts/tenant-numbers.ts'
import type { Database } from '../database.ts'
import { learnerLookup } from '../learners/learners.ts'
import { uuidBytes } from '../statements/uuid.ts'
import { FACT, type FactRow, factReader, factsReader } from './fact-rows.ts'

export function historyReads(db: Database) {
  const learners = learnerLookup(db)
  const factOf = factsReader(db)
  const factAsItStands = factReader(db)
  const facts = db
    .prepare<[number], FactRow>(
      `SELECT ${FACT} FROM identity i JOIN fact f ON f.identity = i.id WHERE i.learner = ? ORDER BY f.seq, i.ifi`,
    )
    .raw()
  const launches = db
    .prepare<[number], string>(
      `SELECT l.data FROM identity i JOIN launch l ON l.tenant = i.tenant AND l.identity = i.ifi
       WHERE i.learner = ? ORDER BY l.at, l.id`,
    )
    .pluck()
  const marks = db.prepare<[number], { ifi: string; generation: number }>(
    'SELECT i.ifi, m.generation FROM identity i JOIN mark m ON m.identity = i.id WHERE i.learner = ? ORDER BY i.ifi',
  )
  const tombstones = db
    .prepare<[number], string>(
      `SELECT t.data FROM identity i JOIN tombstone t ON t.identity = i.id WHERE i.learner = ? ORDER BY t.at, t.id`,
    )
    .pluck()
  const numberOf = createTenantNumberReader(db)
  const ofStatement = db
    .prepare<[number, Buffer], FactRow>(
      `SELECT ${FACT} FROM statement s JOIN fact f ON f.seq = s.seq JOIN identity i ON i.id = f.identity
       WHERE s.tenant = ? AND s.id = ? ORDER BY f.identity`,
    )
    .raw()
  const read = (tenant: TenantId, id: string): LearnerHistory | null => {
    const learner = learners.current(tenant, id)
    if (!learner) return null
    return {
      tenant,
      learner: learner.id,
      revision: learner.revision,
      identities: learners.identities(learner.number),
      facts: facts.all(learner.number).map(factOf),
      launches: launches.all(learner.number).map((data) => JSON.parse(data) as LaunchRecord),
      tombstones: tombstones.all(learner.number).map((data) => JSON.parse(data) as Tombstone),
      marks: marks.all(learner.number),
    }
  }
  return {
    /** One who was merged away answers with the elder's history. */
    history: db.transaction(read),
    histories: db.transaction((asked: readonly Learner[]) => firstOf(asked, read)),
    factsOfStatement: (tenant: TenantId, statementId: string): readonly StoredFact[] => {
      const number = numberOf(tenant)
      const id = uuidBytes(statementId)
      return number === null || id === null ? [] : ofStatement.all(number, id).map(factAsItStands)
    },
  }
}

type Learner = Pick<LearnerHistory, 'tenant' | 'learner'>

/** Facts that are read before it is enough for one step: what is soon forgotten costs the least to clear away. */
const ENOUGH = 256

/** As many as make one step: what fails is left to the call in which it comes first. */
function firstOf(
  asked: readonly Learner[],
  read: (tenant: TenantId, learner: string) => LearnerHistory | null,
): readonly (LearnerHistory | null)[] {
  const found: (LearnerHistory | null)[] = []
  let facts = 0
  for (const { tenant, learner } of asked) {
    try {
      const history = read(tenant, learner)
      found.push(history)
      facts += history?.facts.length ?? 0
    } catch (error) {
      if (found.length === 0) throw error
      break
    }
    if (facts >= ENOUGH) break
  }
  return found
}
