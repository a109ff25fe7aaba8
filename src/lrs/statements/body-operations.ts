/** Operations on whole request bodies: small ones run here and now, large ones in a thread (ruling 36). */

import type { DocumentWrite, Preconditions } from '../../xapi/document.ts'
import type { Caller } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { addLaunches, putAliases, putElements } from '../feeds.ts'
import { importLearners, type LearnerImport } from '../people/import-learners.ts'
import { type ReconcileRequest, reconcile } from '../people/reconcile.ts'
import { parseJson, textIn } from './body-text.ts'
import { checkStatements } from './decision.ts'
import { type DocumentTarget, ELSEWHERE, writeDocument } from './documents.ts'
import { type StatementsRequest, storeStatements } from './store-statements.ts'

/** Ruling 36 asks for a thread above 1 MB; but a body of 1 MB can be a million brackets. */
export const LARGE = 256 * 1024

export interface Body extends StatementsRequest {
  /** Of the URL, for operations that have some. */
  readonly options?: Readonly<Record<string, unknown>>
}

interface DocumentBody extends Body, Preconditions, Pick<DocumentWrite, 'method' | 'contentType'> {
  readonly target: DocumentTarget
  /** Of a document that is merged into; beyond it nothing is written, and `ELSEWHERE` says so. */
  readonly mergeUpTo?: number
}

export const BODY_OPERATIONS = {
  'store statements': storeStatements,
  /** As JSON text: handing over thousands of decisions between threads would cost what the thread saved. */
  'check statements': async (lrs: Lrs, caller: Caller, body: Body) =>
    JSON.stringify(await checkStatements(lrs, caller, body)),
  'put elements': (lrs: Lrs, caller: Caller, { bytes }: Body) => putElements(lrs, caller, parseJson(bytes)),
  'put aliases': (lrs: Lrs, caller: Caller, { bytes }: Body) => putAliases(lrs, caller, parseJson(bytes)),
  'add launches': (lrs: Lrs, caller: Caller, { bytes }: Body) => addLaunches(lrs, caller, parseJson(bytes)),
  'import learners': (lrs: Lrs, caller: Caller, { bytes, options }: Body) =>
    importLearners(lrs, caller, { ...(options as unknown as LearnerImport), text: textIn(bytes) }),
  reconcile: (lrs: Lrs, caller: Caller, { bytes, options }: Body) =>
    reconcile(lrs, caller, { ...(options as unknown as ReconcileRequest), text: textIn(bytes) }),
  'write document': (lrs: Lrs, caller: Caller, { bytes, target, ...write }: DocumentBody) =>
    writeDocument(lrs, caller, target, { ...write, body: bytes, resource: target.place.resource }),
}

export type BodyOperation = keyof typeof BODY_OPERATIONS
/** What an operation is given. A thread takes the bytes away from the caller. */
export type BodyOf<K extends BodyOperation> = Parameters<(typeof BODY_OPERATIONS)[K]>[2]
export type BodyResult<K extends BodyOperation> = Awaited<ReturnType<(typeof BODY_OPERATIONS)[K]>>

export interface Bodies {
  run<K extends BodyOperation>(operation: K, caller: Caller, body: BodyOf<K>): Promise<BodyResult<K>>
}

/** @param elsewhere runs the same operations in a thread */
export function createBodies(lrs: Lrs, elsewhere: Bodies): Bodies {
  return {
    run: (operation, caller, body) =>
      isLarge(body)
        ? elsewhere.run(operation, caller, body)
        : runHere(lrs, elsewhere, operation, caller, body),
  }
}

/** Any attachment may be a signature, which is parsed as well. */
function isLarge({ bytes, attachments = [] }: Body): boolean {
  return bytes.length > LARGE || attachments.some((one) => one.bytes > LARGE)
}

/** A few bytes may be merged into a document of megabytes: then the thread does it after all. */
async function runHere<K extends BodyOperation>(
  lrs: Lrs,
  elsewhere: Bodies,
  operation: K,
  caller: Caller,
  body: BodyOf<K>,
): Promise<BodyResult<K>> {
  const limited = operation === 'write document' ? { ...body, mergeUpTo: LARGE } : body
  const result = await runBodyOperation(lrs, operation, caller, limited)
  return result === ELSEWHERE ? await elsewhere.run(operation, caller, body) : result
}

export async function runBodyOperation<K extends BodyOperation>(
  lrs: Lrs,
  operation: K,
  caller: Caller,
  body: BodyOf<K>,
): Promise<BodyResult<K>> {
  return (await BODY_OPERATIONS[operation](lrs, caller, body as never)) as BodyResult<K>
}
