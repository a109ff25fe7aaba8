/** What reports read of the counts: never a scan of statements. */
import type { Attempt, Obstacle } from '../../../attempts/derivation.ts'
import type { CountedKey, LearnerCount } from '../../../metering/count.ts'
import { countedParts } from '../../counted-parts.ts'
import { keyIn, pageOf } from '../../page.ts'
import type {
  CountedLearner,
  Identity,
  MeteringStore,
  Page,
  PageRequest,
  TenantId,
  WindowRef,
} from '../../ports.ts'
import type { Database } from '../database.ts'
import { learnerLookup } from '../learners/learners.ts'
import { COUNTED_COLUMNS, type CountedRow, countedKeyOf, countRows } from './counts.ts'

export function countedReads(db: Database) {
  const learners = learnerLookup(db)
  const page = db.prepare<[object], CountedRow & { readonly learner: string }>(
    `SELECT learner, ${COUNTED_COLUMNS} FROM counted
     WHERE tenant = @tenant AND policy = @policy AND version = @version AND window_start = @start
       AND (at, learner, key) > (@at, @learner, @key)
     ORDER BY at, learner, key LIMIT @limit`,
  )
  const ofLearner = db.prepare<[object], CountedRow>(
    `SELECT ${COUNTED_COLUMNS} FROM counted
     WHERE tenant = @tenant AND learner = @learner AND policy = @policy AND version = @version AND window_start = @start
     ORDER BY key`,
  )
  const later = db
    .prepare<[string, string, number, number, number], number>(
      `SELECT count(*) FROM counted WHERE tenant = ? AND policy = ? AND version = ? AND window_start = ? AND at >= ?`,
    )
    .pluck()
  const identitiesOf = (tenant: TenantId, learner: string): readonly Identity[] => {
    const current = learners.current(tenant, learner)
    return current ? learners.identities(current.number) : []
  }
  return {
    counted: (
      tenant: TenantId,
      window: WindowRef,
      { limit, cursor, since = Number.MIN_SAFE_INTEGER }: PageRequest & { readonly since?: number },
    ): Page<CountedLearner> => {
      const { policy, version, start } = window
      const [at, learner, key] = keyIn(cursor, 'nss') ?? [since, '', '']
      const rows = page.all({ tenant, policy, version, start, at, learner, key, limit: limit + 1 })
      return pageOf(
        rows,
        limit,
        (row) => [row.at, row.learner, row.key],
        (row) => ({
          ...countedKeyOf(row),
          learner: row.learner,
          identities: identitiesOf(tenant, row.learner),
        }),
      )
    },
    countedKeys: (tenant: TenantId, window: WindowRef, learner: string): readonly CountedKey[] => {
      const { policy, version, start } = window
      return ofLearner.all({ tenant, learner, policy, version, start }).map(countedKeyOf)
    },
    countSince: (tenant: TenantId, { policy, version, start }: WindowRef, since: number): number =>
      later.get(tenant, policy, version, start, since) ?? 0,
    countsOf: countsReader(db),
  }
}

/** One entry for every version of every policy, as `recount` gives them, in the order of PolicyStore.list. */
function countsReader(db: Database) {
  const versions = db.prepare<[string], { policy: string; version: number }>(
    'SELECT id AS policy, version FROM policy WHERE tenant = ? ORDER BY id, version',
  )
  const rows = countRows(db)
  return db.transaction((tenant: TenantId, learner: string): readonly LearnerCount[] => {
    const qualified = rows.qualified(tenant, learner)
    const counted = rows.counted(tenant, learner)
    return versions.all(tenant).map(({ policy, version }) => {
      const ours = (row: { policy: string; version: number }) =>
        row.policy === policy && row.version === version
      return {
        policy,
        version,
        ...countedParts(counted.filter(ours).map(countedKeyOf)),
        firstQualified: qualified.find(ours)?.first ?? null,
      }
    })
  })
}

export function learnerListReads(db: Database) {
  const learners = learnerLookup(db)
  const page = db.prepare<[string, number, number], { number: number; id: string }>(
    `SELECT number, id FROM learner l
     WHERE tenant = ? AND number > ? AND redirect IS NULL
       AND EXISTS (SELECT 1 FROM identity i WHERE learner = l.number
                   AND (seen = 1 OR EXISTS (SELECT 1 FROM profile p WHERE p.identity = i.id)))
     ORDER BY number LIMIT ?`,
  )
  return {
    learnerPage: (tenant: TenantId, { limit, cursor }: PageRequest) => {
      const [after = 0] = keyIn(cursor, 'n') ?? []
      return pageOf(
        page.all(tenant, after as number, limit + 1),
        limit,
        (row) => [row.number],
        (row) => ({ id: row.id, identities: learners.identities(row.number) }),
      )
    },
  }
}

export function reviewReads(db: Database) {
  const untracked = db.prepare<[string], { reason: Obstacle; statements: number; learners: number }>(
    `SELECT reason, sum(statements) AS statements, count(*) AS learners FROM untracked WHERE tenant = ?
     GROUP BY reason ORDER BY reason`,
  )
  const defaults = db.prepare<[string], { element: Attempt['element']; attempts: number }>(
    `SELECT element, count(*) AS attempts FROM attempt WHERE tenant = ? AND by_default = 1 AND deleted = 0
     GROUP BY element ORDER BY element`,
  )
  const mixed = db
    .prepare<[string], number>('SELECT count(*) FROM attempt WHERE tenant = ? AND mixed = 1 AND deleted = 0')
    .pluck()
  return {
    review: (tenant: TenantId): Awaited<ReturnType<MeteringStore['review']>> => ({
      untracked: untracked.all(tenant),
      defaultElements: defaults.all(tenant),
      mixed: mixed.get(tenant) ?? 0,
    }),
  }
}
