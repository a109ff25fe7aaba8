/** Every subject of the store, put together: what the writer serves, and what a reader serves. */

import type { Remote } from '../calls.ts'
import { credentialReads, credentialWrites } from './accounts/credentials.ts'
import { keyWrites } from './accounts/keys.ts'
import { personReads, personWrites } from './accounts/people.ts'
import { refusalReads, refusalWrites } from './accounts/refusals.ts'
import { sessionReads, sessionWrites } from './accounts/sessions.ts'
import { tenantReads, tenantWrites } from './accounts/tenants.ts'
import { alertReads, alertWrites } from './alerts/alerts.ts'
import { webhookReads, webhookWrites } from './alerts/webhooks.ts'
import { attachmentReads, attachmentWrites } from './attachments/attachments.ts'
import { elementReads, elementWrites } from './catalogue/elements.ts'
import { launchWrites } from './catalogue/launches.ts'
import { actReads, actWrites } from './closing/acts.ts'
import { adjustmentReads, adjustmentWrites } from './closing/adjustments.ts'
import { closingReads, closingWrites } from './closing/closings.ts'
import { snapshotRowReads, snapshotRowWrites } from './closing/snapshots.ts'
import type { Database, WriteContext } from './database.ts'
import { deletionReads, deletionWrites } from './deleting/deletions.ts'
import { removalWrites } from './deleting/removals.ts'
import { documentReads, documentWrites } from './documents/documents.ts'
import { agendaReads, agendaWrites } from './jobs/agenda-writes.ts'
import { leaseReads, leaseWrites } from './jobs/leases.ts'
import { studyReads, studyWrites } from './jobs/studies.ts'
import { identityReads, identityWrites } from './learners/identities.ts'
import { profileReads, profileWrites } from './learners/profiles.ts'
import { allMeteringReads, allMeteringWrites } from './metering/metering.ts'
import { policyReads, policyWrites } from './metering/policies.ts'
import { importReads, importWrites } from './operations/imports.ts'
import { upkeepWrites } from './operations/upkeep.ts'
import { descriptionReads } from './statements/descriptions.ts'
import { statementTimeReads } from './statements/statements-by-time.ts'
import { statementReads } from './statements/statements-read.ts'
import { statementWrites } from './statements/statements-write.ts'

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
