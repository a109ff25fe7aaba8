/** Storing a batch: decided whole by reading, then written whole (ruling 27). */
import type { BatchOutcome, TenantId } from '../../ports.ts'
import { createTenantNumbers } from '../accounts/tenant-numbers.ts'
import { createAttachmentTaking } from '../attachments/attachments.ts'
import type { Database, WriteContext } from '../database.ts'
import { createFactWriter, type PackedFact } from '../metering/facts.ts'
import { createDescriptionWriter } from './descriptions.ts'
import { createMoments } from './moments.ts'
import { prepareQueue, unionOfTokens } from './references.ts'
import type { PackedBatch, PackedStatement } from './statements.ts'
import { createExisting, type Fresh, idBytes } from './statements-existing.ts'
import { createTermIndex } from './term-index.ts'
import { createTerms } from './terms.ts'
import { createVoiding, isVoidable, prepareTarget, type Target, voidsLevel } from './voids.ts'

/** Where the statements of one batch go. */
interface Place {
  readonly tenant: TenantId
  readonly number: number
  readonly stored: number
  readonly origin: number
}

export function statementWrites(db: Database, context: WriteContext) {
  const numberOf = createTenantNumbers(db, context)
  const moments = createMoments(db)
  const existing = createExisting(db)
  const write = createStatementWriter(db, context)
  const originOf = createOrigins(db)
  const target = prepareTarget(db)
  const facts = createFactWriter(db, context)

  const insertStatements = (tenant: TenantId, batch: PackedBatch): BatchOutcome => {
    const number = numberOf(tenant)
    const { same, conflicts, fresh, newest } = existing.compare(number, batch)
    if (conflicts.length > 0) return { outcome: 'conflict', ids: conflicts }
    const forbidden = fresh.filter(({ statement }) => existing.isForbidden(number, batch, statement))
    if (forbidden.length > 0)
      return { outcome: 'void-forbidden', ids: forbidden.map(({ statement }) => statement.id) }
    if (fresh.length === 0) return { outcome: 'stored', stored: newest, existing: same }
    const place = { tenant, number, stored: context.stored(), origin: originOf(number, batch) }
    const first = moments.newest().lastSeq + 1
    fresh.forEach((one, index) => {
      write(place, batch, one, first + index)
    })
    moments.extend(place.stored, first, first + fresh.length - 1)
    return { outcome: 'stored', stored: place.stored, existing: same }
  }
  const replaceFacts = (tenant: TenantId, statementId: string, given: readonly PackedFact[]): void => {
    const found = target(numberOf(tenant), idBytes(statementId))
    if (found) facts.replace({ ...found, tenant }, given, context.stored())
  }
  return { insertStatements, replaceFacts }
}

/** Writes one new statement with everything that belongs into its commit. */
function createStatementWriter(db: Database, context: WriteContext) {
  const tokensOf = createTerms(db, context)
  const index = createTermIndex(db, context)
  const facts = createFactWriter(db, context)
  const voiding = createVoiding(db, index, facts)
  const handOn = prepareQueue(db)
  const takeAttachments = createAttachmentTaking(db)
  const describe = createDescriptionWriter(db, context)
  const insert = db.prepare(
    `INSERT INTO statement (seq, tenant, id, stored, timestamp, version, origin, voided, voiding, terms, raw)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const refer = db.prepare<[number, Buffer, number, number]>(
    'INSERT OR IGNORE INTO reference (tenant, target, seq, voids) VALUES (?, ?, ?, ?)',
  )
  const keep = db.prepare<[number, number | null, string | null]>('INSERT INTO provenance VALUES (?, ?, ?)')
  /** Keeps where an imported statement comes from; returns when it was received, there or here. */
  const prove = ({ provenance }: PackedStatement, seq: number, stored: number): number => {
    if (provenance === undefined) return stored
    keep.run(seq, provenance.received, provenance.authority)
    return provenance.received ?? stored
  }
  /** Notes what the statement refers to; returns it when it is there. */
  const referTo = (place: Place, batch: PackedBatch, { voids, refersTo }: PackedStatement, seq: number) => {
    const id = voids ?? refersTo ?? null
    if (id === null) return undefined
    const bytes = idBytes(id)
    refer.run(place.number, bytes, seq, voids === null ? 0 : voidsLevel(batch))
    return voiding.find(place.number, bytes)
  }
  const termsOf = (place: Place, statement: PackedStatement, target: Target | undefined): string => {
    const own = tokensOf(place.number, statement.terms).join(' ')
    return target === undefined ? own : unionOfTokens(own, target.terms)
  }
  return (place: Place, batch: PackedBatch, { id, statement }: Fresh, seq: number): void => {
    const { timestamp, version, raw } = statement
    const { tenant, number, stored, origin } = place
    const target = referTo(place, batch, statement, seq)
    const terms = termsOf(place, statement, target)
    const isReferredTo = voiding.isReferredTo(number, id)
    const isVoiding = statement.voids === null ? 0 : 1
    const voided = isReferredTo && !isVoiding && voiding.isVoidedAhead(number, id, batch.credential) ? 1 : 0
    insert.run(seq, number, id, stored, timestamp, version, origin, voided, isVoiding, terms, raw)
    if (!voided) index.add(seq, terms)
    takeAttachments(number, seq, statement)
    if (isReferredTo) handOn(seq, stored)
    const received = prove(statement, seq, stored)
    facts.add({ tenant, seq, timestamp, received, voided }, statement.facts, stored)
    describe(number, statement, seq)
    if (isVoiding && target !== undefined && isVoidable(target, batch)) voiding.apply(tenant, target, stored)
  }
}

/** The row that stands for credential and authority; there are few. */
function createOrigins(db: Database): (tenant: number, batch: PackedBatch) => number {
  const find = db
    .prepare<[number, string, string], number>(
      'SELECT id FROM origin WHERE tenant = ? AND credential = ? AND authority = ?',
    )
    .pluck()
  const add = db.prepare<[number, string, string]>(
    'INSERT INTO origin (tenant, credential, authority) VALUES (?, ?, ?)',
  )
  return (tenant, { credential, authority }) =>
    find.get(tenant, credential, authority) ?? Number(add.run(tenant, credential, authority).lastInsertRowid)
}
