/** What every port on MongoDB that commits more than one document is built from. */
import type { Db } from 'mongodb'
import type { Clock } from '../../../clock.ts'
import type { IdentityLink } from '../../ports.ts'
import { createAttachmentTaking } from '../attachments/attachment-taking.ts'
import { type Allocator, createAllocator } from '../commit/allocator.ts'
import { createApplyStatements } from '../commit/apply-statements.ts'
import { type Claims, createClaims } from '../commit/claims.ts'
import { inGroups } from '../commit/commit-groups.ts'
import { affectedMarker, objectNotes } from '../commit/consequences.ts'
import { createEpochs, type Epochs } from '../commit/epochs.ts'
import { createInsert } from '../commit/insert-statements.ts'
import { createJournal, type Effect, type Journal } from '../commit/journal.ts'
import type { Timing } from '../commit/sweeper.ts'
import { createWriter, KIND } from '../commit/write-batches.ts'
import { createJoins, type Joins } from '../learners/join.ts'
import { createMeet } from '../learners/meet.ts'
import { createRedirects, type Redirects } from '../learners/redirects.ts'
import { createHold, UNLINK, unlinkEffect } from '../learners/split.ts'
import { ALWAYS, markAll } from '../metering/marks.ts'
import { attachmentCollections } from '../schema/attachment-collections.ts'
import { type StatementCollections, statementCollections } from '../schema/collections.ts'
import { descriptionNotes } from '../statements/descriptions.ts'
import { createPurged } from '../statements/purged.ts'
import { createReferences } from '../statements/references.ts'
import { FACTS, factsEffect } from '../statements/replace-facts.ts'

export interface CoreParts {
  readonly db: Db
  readonly clock: Clock
  readonly timing: Timing
  /** Effects of other ports by kind; `statements` and `links` are here. */
  readonly effects: Readonly<Record<string, Effect>>
}

export interface Core {
  readonly collections: StatementCollections
  readonly allocator: Allocator
  readonly epochs: Epochs
  /** `commit(tenant, 'links', links)` links identities (join.ts). */
  readonly journal: Journal
  readonly joins: Joins
  readonly redirects: Redirects
  readonly claims: Claims
  readonly insert: ReturnType<typeof createInsert>
}

export function createCore({ db, clock, timing, effects }: CoreParts): Core {
  const collections = statementCollections(db)
  const allocator = createAllocator(collections.allocator, clock)
  const epochs = createEpochs(collections.epochs)
  const joins = createJoins(collections)
  const meet = createMeet(collections, joins)
  const references = createReferences(collections)
  const noteObjects = objectNotes(collections)
  const mark = affectedMarker(collections)
  const taking = createAttachmentTaking(attachmentCollections(db), collections, () => clock.now())
  const application = createApplyStatements({
    collections,
    meet,
    references,
    noteObjects,
    describe: descriptionNotes(collections),
    mark,
    taking,
  })
  const journal = createJournal({
    collections,
    allocator,
    epochs,
    patienceMs: timing.silenceMs + 3 * timing.sweepMs,
    effects: {
      ...effects,
      [KIND]: application.reapply,
      [FACTS]: factsEffect({ collections, meet, noteObjects, mark }),
      links: linksEffect(collections, joins),
      [UNLINK]: unlinkEffect(collections),
    },
  })
  const claims = createClaims(collections, journal)
  const purged = createPurged(collections)
  const write = inGroups(createWriter({ collections, journal, claims, references, application, taking }))
  const insert = createInsert({ collections, claims, purged, write })
  return {
    collections,
    allocator,
    epochs,
    journal,
    joins,
    redirects: createRedirects(collections),
    claims,
    insert,
  }
}

function linksEffect(collections: StatementCollections, joins: Joins): Effect {
  const hold = createHold(collections)
  return async (commit, payload) => {
    const links = payload as readonly IdentityLink[]
    const changed = await joins.join(commit, links)
    await markAll(
      collections,
      commit,
      changed.map((identity) => ({ identity, span: ALWAYS })),
    )
    await joins.recordLinks(commit, links)
    await hold(commit, links)
  }
}
