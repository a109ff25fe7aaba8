/** MeteringStore on MongoDB, put together from its subjects. */
import type { Db } from 'mongodb'
import type { Clock } from '../../../clock.ts'
import type { MeteringStore, TenantId } from '../../ports.ts'
import type { CataloguePuts } from '../catalogue/catalogue-put.ts'
import type { Core } from '../driver/core.ts'
import { keyOf } from '../driver/keys-of.ts'
import { upserted } from '../driver/writing.ts'
import type { StatementCollections } from '../schema/collections.ts'
import { meterCollections } from '../schema/meter-collections.ts'
import { factsReplacer } from '../statements/replace-facts.ts'
import { attemptReads, reviewReads, untrackedReader } from './attempt-reads.ts'
import { createChanges } from './changes.ts'
import { seenIdentities } from './changes-touched.ts'
import { computedThroughReader, dirtyReads } from './dirty.ts'
import { historyReads } from './history.ts'
import { identityMarker, type MarkIdentities } from './marking.ts'
import { countedReads, countsReader, learnerPages } from './metering-reads.ts'
import { createRecountWriter } from './recounts.ts'
import { createRepair } from './repair.ts'
import { totalsReads } from './totals.ts'

/** Identities marked by one command of a rebuild. */
const REBUILD_SLICE = 2_000

export interface MeteringParts {
  readonly db: Db
  readonly clock: Clock
  readonly core: Core
  readonly puts: CataloguePuts
}

export function createMeteringStore({ db, clock, core, puts }: MeteringParts): MeteringStore {
  const { collections, redirects, allocator } = core
  const mark = identityMarker(collections, allocator)
  const changes = createChanges(db, { collections, redirects, puts, mark })
  return {
    ...dirtyReads(db, collections, redirects),
    ...historyReads(db, collections, redirects),
    ...countedReads(db, redirects),
    ...totalsReads(db),
    pendingChanges: changes.pendingChanges,
    expandChange: changes.expandChange,
    writeRecounts: createRecountWriter(db, collections, redirects),
    markFailed: failureWriter(db, collections, clock),
    mark: async (tenant, learners) => mark(await redirects.membersOf(tenant, learners)),
    markAll: rebuilder(collections, mark),
    computedThrough: computedThroughReader(db, collections, redirects, allocator, changes),
    countsOf: countsReader(db),
    learners: learnerPages(collections, redirects),
    attempts: attemptReads(db),
    review: reviewReads(db),
    untrackedOf: untrackedReader(db),
    repair: createRepair(db, collections, redirects),
    replaceFacts: factsReplacer(collections, core.journal),
  }
}

function failureWriter(
  db: Db,
  { learners }: StatementCollections,
  clock: Clock,
): MeteringStore['markFailed'] {
  const { failures } = meterCollections(db)
  return async (tenant, learner, error) => {
    const _id = keyOf(tenant, learner)
    if (!(await learners.findOne({ _id }))) return
    const failed = { $set: { error, at: clock.now() }, $inc: { times: 1 } }
    await upserted(() => failures.updateOne({ _id }, failed, { upsert: true }))
  }
}

function rebuilder(collections: StatementCollections, mark: MarkIdentities) {
  const everybody = seenIdentities(collections)
  return async (tenant: TenantId): Promise<void> => {
    for (let position: string | null = ''; position !== null; ) {
      const { identities, next } = await everybody(tenant, '', position, REBUILD_SLICE)
      await mark(identities)
      position = next
    }
  }
}
