/** The schema by version. A file of an older version is brought up on start; one of a newer version is left alone. */
import { StoreError } from '../../store-error.ts'
import type { Database } from '../database.ts'
import { accountsSchema } from './accounts.ts'
import { alertsSchema, outlooksSchema } from './alerts.ts'
import { attachmentsSchema } from './attachments.ts'
import { closingSchema, sealedLearnersSchema } from './closing.ts'
import { descriptionsSchema } from './descriptions.ts'
import { documentsSchema } from './documents.ts'
import { factPlacesSchema } from './fact-places.ts'
import { factTimesSchema } from './fact-times.ts'
import { jobsSchema } from './jobs.ts'
import { elementTagsSchema, meteringSchema, totalPartsSchema } from './metering.ts'
import { operationsSchema } from './operations.ts'
import { bornSchema, profilesSchema, removalsSchema } from './people.ts'
import { sessionsSchema } from './sessions.ts'
import { statementTimesSchema } from './statement-times.ts'
import { statementsSchema } from './statements.ts'
import { studiesSchema } from './studies.ts'

/** SQL that brings version n to n + 1, at index n. A released entry is never edited: a change is a new entry. */
export const MIGRATIONS: readonly string[] = [
  [accountsSchema, statementsSchema, meteringSchema, jobsSchema].join('\n'),
  operationsSchema,
  profilesSchema,
  factTimesSchema,
  descriptionsSchema,
  removalsSchema,
  sessionsSchema,
  attachmentsSchema,
  closingSchema,
  documentsSchema,
  elementTagsSchema,
  bornSchema,
  statementTimesSchema,
  alertsSchema,
  studiesSchema,
  outlooksSchema,
  totalPartsSchema,
  factPlacesSchema,
  sealedLearnersSchema,
]

/** Brings the file to the newest version in one transaction. Throws StoreError `newer-schema` and changes nothing. */
export function migrate(db: Database, migrations: readonly string[] = MIGRATIONS): void {
  const found = Number(db.pragma('user_version', { simple: true }))
  if (found > migrations.length) {
    throw new StoreError(
      'newer-schema',
      `The data has schema version ${found}, this Rollcall knows ${migrations.length}: use the newer Rollcall that wrote it.`,
    )
  }
  if (found === migrations.length) return
  const before = db.pragma('temp_store', { simple: true })
  // Millions of rows may be sorted.
  db.pragma('temp_store = FILE')
  db.transaction(() => {
    for (const sql of migrations.slice(found)) db.exec(sql)
    db.pragma(`user_version = ${migrations.length}`)
  }).immediate()
  db.pragma(`temp_store = ${before}`)
}
