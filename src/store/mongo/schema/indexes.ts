/** Every index of the database, collection by collection: made at the first start and demanded at each (schema.ts). */
import { JOB_COLLECTIONS } from '../jobs/agenda-documents.ts'
import { STUDY_COLLECTIONS } from '../jobs/studies.ts'
import { ALERT_COLLECTIONS } from './alert-collections.ts'
import { ATTACHMENT_COLLECTIONS } from './attachment-collections.ts'
import { CLOSING_COLLECTIONS } from './closing-collections.ts'
import { STATEMENT_COLLECTIONS } from './collections.ts'
import { DOCUMENT_COLLECTIONS } from './document-collections.ts'
import { METER_COLLECTIONS } from './meter-collections.ts'
import type { Indexes } from './schema.ts'

export const INDEXES: Indexes = {
  ...STATEMENT_COLLECTIONS,
  ...METER_COLLECTIONS,
  ...CLOSING_COLLECTIONS,
  ...ALERT_COLLECTIONS,
  ...STUDY_COLLECTIONS,
  ...ATTACHMENT_COLLECTIONS,
  ...DOCUMENT_COLLECTIONS,
  ...JOB_COLLECTIONS,
}
