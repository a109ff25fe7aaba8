/** State and profile documents: read, list, write, remove. What may be done is decided in xapi/document.ts. */
import { createHash } from 'node:crypto'
import type { StoredDocument } from '../../store/ports.ts'
import {
  checkDocument,
  type DocumentPlace,
  type DocumentScope,
  type DocumentWrite,
  decideWrite,
  failedPrecondition,
  failedPreconditionOfMany,
  type Preconditions,
  type Refused,
} from '../../xapi/document.ts'
import { type Caller, credentialOf, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { malformed, Refusal } from '../refusal.ts'
import { launchToldBy } from './launch-documents.ts'

/** Each lost race is somebody else's write, so only a flood of them ends here. */
const RACES = 1_000

/** What else a request says of the place it writes to. */
export interface DocumentTarget {
  readonly place: DocumentPlace
  /** The activityId as it was sent. */
  readonly activityId?: string
}

/** @throws Refusal `not-found`, `forbidden` */
export async function readDocument(lrs: Lrs, caller: Caller, place: DocumentPlace): Promise<StoredDocument> {
  demand(caller, place.resource === 'state' ? 'read state' : 'read profiles')
  const found = await lrs.stores.documents.read(caller.tenant, place)
  if (found) return found
  throw new Refusal('not-found', `there is no document «${place.id}»`)
}

/** @param since exclusive, ms @returns ids ascending, and when the newest of them changed (ms) */
export async function listDocuments(lrs: Lrs, caller: Caller, scope: DocumentScope, since?: number) {
  demand(caller, scope.resource === 'state' ? 'read state' : 'read profiles')
  return await lrs.stores.documents.list(caller.tenant, scope, since)
}

/** Not written: what is there already is too large to be read on this thread. */
export const ELSEWHERE = 'elsewhere'

/**
 * PUT and POST. Decided on what is there, and written only if that is there still; else decided again.
 * @param write `mergeUpTo`: bytes of what is there, beyond which nothing is merged here
 * @throws Refusal `malformed`, `conflict`, `precondition-failed`, `too-large`, `forbidden`; nothing is stored then
 */
export async function writeDocument(
  lrs: Lrs,
  caller: Caller,
  { place, activityId }: DocumentTarget,
  { mergeUpTo = Number.POSITIVE_INFINITY, ...write }: DocumentWrite & { readonly mergeUpTo?: number },
): Promise<typeof ELSEWHERE | 'written'> {
  demandWriting(caller, place)
  const violation = checkDocument(write)
  if (violation) throw malformed([violation])
  const told = launchToldBy(credentialOf(caller), place, activityId)
  let outcome: typeof ELSEWHERE | 'written' = 'written'
  await untilWon(async () => {
    const existing = await lrs.stores.documents.read(caller.tenant, place)
    if (write.method === 'POST' && existing && existing.body.byteLength > mergeUpTo) {
      outcome = ELSEWHERE
      return true
    }
    const decided = decideWrite(write, existing)
    if ('refused' in decided) throw refusalOf(decided)
    refuseTooLarge(lrs, decided.body)
    const document = documentOf(lrs, decided, existing)
    const launch = told(document)
    const won = await lrs.stores.documents.write(caller.tenant, place, document, {
      expected: existing?.revision ?? null,
      ...(launch && { launch }),
    })
    if (won && launch) lrs.wake()
    return won
  })
  return outcome
}

/** Removing what is not there is no error, unless a precondition says that it is. @throws Refusal `precondition-failed`, `forbidden` */
export async function removeDocument(
  lrs: Lrs,
  caller: Caller,
  place: DocumentPlace,
  preconditions: Preconditions,
): Promise<void> {
  demandWriting(caller, place)
  await untilWon(async () => {
    const existing = await lrs.stores.documents.read(caller.tenant, place)
    const failed = failedPrecondition(preconditions, existing)
    if (failed) throw refusalOf(failed)
    return existing === null || lrs.stores.documents.remove(caller.tenant, place, existing.revision)
  })
}

/** All documents of a scope. @throws Refusal `precondition-failed`, `forbidden`; nothing is removed then */
export async function removeDocuments(
  lrs: Lrs,
  caller: Caller,
  scope: DocumentScope,
  preconditions: Preconditions,
): Promise<void> {
  demandWriting(caller, scope)
  if (preconditions.ifMatch !== undefined || preconditions.ifNoneMatch !== undefined) {
    const { ids } = await lrs.stores.documents.list(caller.tenant, scope)
    const failed = failedPreconditionOfMany(preconditions, ids.length > 0)
    if (failed) throw refusalOf(failed)
  }
  await lrs.stores.documents.removeAll(caller.tenant, scope)
}

function demandWriting(caller: Caller, { resource }: DocumentScope): void {
  demand(caller, resource === 'state' ? 'write state' : 'write profiles')
}

function documentOf(
  lrs: Lrs,
  { body, contentType }: Pick<StoredDocument, 'body' | 'contentType'>,
  existing: StoredDocument | null,
): StoredDocument {
  return {
    body,
    contentType,
    etag: createHash('sha1').update(body).digest('hex'),
    // The clock may stand still or step back; a change is later than what it changed all the same.
    updated: Math.max(lrs.clock.now(), (existing?.updated ?? 0) + 1),
    revision: lrs.newId(),
  }
}

function refuseTooLarge(lrs: Lrs, body: Uint8Array): void {
  const { largest } = lrs.stores.documents
  if (largest === null || body.byteLength <= largest) return
  throw new Refusal(
    'too-large',
    `this store keeps documents of ${largest} bytes at most, whatever ROLLCALL_BODY_LIMIT says`,
  )
}

function refusalOf({ refused, violation }: Refused): Refusal {
  return new Refusal(refused, `${violation.path}: ${violation.message}`, [violation])
}

async function untilWon(attempt: () => Promise<boolean>): Promise<void> {
  for (let race = 0; race < RACES; race += 1) if (await attempt()) return
  throw new Refusal('unavailable', 'too many others write this document at the same time: try again')
}
