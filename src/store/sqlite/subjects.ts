/** Every subject of the store, put together: what the writer serves, and what a reader serves. */
import { actReads, actWrites } from './acts.ts'
import { adjustmentReads, adjustmentWrites } from './adjustments.ts'
import { agendaReads, agendaWrites } from './agenda-writes.ts'
import { alertReads, alertWrites } from './alerts.ts'
import { attachmentReads, attachmentWrites } from './attachments.ts'
import { closingReads, closingWrites } from './closings.ts'
import { credentialReads, credentialWrites } from './credentials.ts'
import type { Database, WriteContext } from './database.ts'
import { deletionReads, deletionWrites } from './deletions.ts'
import { descriptionReads } from './descriptions.ts'
import { documentReads, documentWrites } from './documents.ts'
import { elementReads, elementWrites } from './elements.ts'
import { identityReads, identityWrites } from './identities.ts'
import { importReads, importWrites } from './imports.ts'
import { keyWrites } from './keys.ts'
import { launchWrites } from './launches.ts'
import { leaseReads, leaseWrites } from './leases.ts'
import { allMeteringReads, allMeteringWrites } from './metering.ts'
import { personReads, personWrites } from './people.ts'
import { policyReads, policyWrites } from './policies.ts'
import { profileReads, profileWrites } from './profiles.ts'
import { refusalReads, refusalWrites } from './refusals.ts'
import { removalWrites } from './removals.ts'
import type { Remote } from './rpc.ts'
import { sessionReads, sessionWrites } from './sessions.ts'
import { snapshotRowReads, snapshotRowWrites } from './snapshots.ts'
import { statementTimeReads } from './statements-by-time.ts'
import { statementReads } from './statements-read.ts'
import { statementWrites } from './statements-write.ts'
import { studyReads, studyWrites } from './studies.ts'
import { tenantReads, tenantWrites } from './tenants.ts'
import { upkeepWrites } from './upkeep.ts'
import { webhookReads, webhookWrites } from './webhooks.ts'

/** Names are unique over all subjects: the spread would let a second one win silently (test/store/sqlite.test.ts). */
export function allWrites(db: Database, context: WriteContext) {
  return {
    ...tenantWrites(db),
    ...personWrites(db),
    ...credentialWrites(db),
    ...keyWrites(db),
    ...statementWrites(db, context),
    ...attachmentWrites(db, context),
    ...documentWrites(db, context),
    ...elementWrites(db, context),
    ...launchWrites(db, context),
    ...identityWrites(db, context),
    ...profileWrites(db, context),
    ...policyWrites(db, context),
    ...removalWrites(db, context),
    ...deletionWrites(db),
    ...allMeteringWrites(db, context),
    ...closingWrites(db, context),
    ...snapshotRowWrites(db),
    ...adjustmentWrites(db),
    ...actWrites(db),
    ...alertWrites(db),
    ...webhookWrites(db),
    ...studyWrites(db),
    ...leaseWrites(db, context),
    ...refusalWrites(db),
    ...agendaWrites(db, context),
    ...importWrites(db),
    ...upkeepWrites(db),
    ...sessionWrites(db),
  }
}

export function allReads(db: Database) {
  return {
    ...tenantReads(db),
    ...personReads(db),
    ...credentialReads(db),
    ...statementReads(db),
    ...attachmentReads(db),
    ...descriptionReads(db),
    ...documentReads(db),
    ...statementTimeReads(db),
    ...elementReads(db),
    ...identityReads(db),
    ...profileReads(db),
    ...policyReads(db),
    ...deletionReads(db),
    ...allMeteringReads(db),
    ...closingReads(db),
    ...snapshotRowReads(db),
    ...adjustmentReads(db),
    ...actReads(db),
    ...alertReads(db),
    ...webhookReads(db),
    ...studyReads(db),
    ...leaseReads(db),
    ...refusalReads(db),
    ...agendaReads(db),
    ...importReads(db),
    ...sessionReads(db),
  }
}

export type Writes = Remote<ReturnType<typeof allWrites>>
export type Reads = Remote<ReturnType<typeof allReads>>
