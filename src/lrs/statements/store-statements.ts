/** Statements come in: POST and PUT /xapi/statements. */
import type { BatchOutcome, IncomingStatement, StagedAttachment } from '../../store/ports.ts'
import type { Version } from '../../xapi/types.ts'
import { type Caller, type CredentialCaller, credentialOf, demand, voidsOthers } from '../access/access.ts'
import { refuseOutside } from '../cmi5/bounds.ts'
import { cmi5Violations, FLAG_TERM } from '../cmi5/conformance.ts'
import type { Lrs } from '../context.ts'
import { malformed, malformedAt, Refusal } from '../refusal.ts'
import { checkSignatures } from './check-signatures.ts'
import { matchAttachments } from './match-attachments.ts'
import { authorityOf, prepareStatement } from './prepare-statement.ts'
import { inSlices, type ReceivedStatement, readStatements } from './read-statements.ts'

export interface StatementsRequest {
  readonly bytes: Uint8Array
  readonly version: Version
  /** PUT: the id of the URL, lower case. */
  readonly putId?: string
  /** What came with the statements; absent: the request was JSON. */
  readonly attachments?: readonly StagedAttachment[]
}

export interface StoredIds {
  /** In the order of the request. */
  readonly ids: readonly string[]
  /** How many were not there before. */
  readonly fresh: number
}

/**
 * Stores one statement or a batch, whole or not at all; an identical resend answers as the first time.
 * @throws Refusal `malformed` (nothing stored), `conflict` (an id is taken by other content), `forbidden` (scope, or a void
 *   of somebody else's statement)
 */
export async function storeStatements(
  lrs: Lrs,
  caller: Caller,
  request: StatementsRequest,
): Promise<StoredIds> {
  demand(caller, 'write statements')
  const { ids, paths, storing } = await handOver(lrs, credentialOf(caller), request)
  const outcome = await storing
  if (outcome.outcome === 'conflict') {
    throw new Refusal(
      'conflict',
      `other statements are stored under ${outcome.ids.join(', ')}; statements never change`,
      outcome.ids.map((id) => ({
        path: `${paths[ids.indexOf(id)] ?? '$'}.id`,
        message: `${id} is taken by another statement`,
        requirement: 'XAPI-00142',
      })),
    )
  }
  if (outcome.outcome === 'void-forbidden') {
    throw new Refusal(
      'forbidden',
      `${outcome.ids.join(', ')}: only the credential that wrote a statement, one of purpose lms or one of scope all may void it`,
    )
  }
  const fresh = ids.length - outcome.existing.length
  if (fresh > 0) lrs.wake()
  return { ids, fresh }
}

/** What is kept of a request while its statements are being stored. */
interface HandedOver {
  readonly ids: readonly string[]
  /** Where each stands in the request. */
  readonly paths: readonly string[]
  readonly storing: Promise<BatchOutcome>
}

/**
 * Reads and checks a request and gives it to the store. What was parsed is let go here: kept until the store has answered,
 * the statements of all requests under way would be much of the garbage collector's work.
 */
async function handOver(lrs: Lrs, writer: CredentialCaller, request: StatementsRequest): Promise<HandedOver> {
  const received = await readStatements(request.bytes, request.version, { list: request.putId === undefined })
  if (writer.session) refuseOutside(writer.session, received)
  const ids = idsFor(lrs, received, request.putId)
  const own = await attachmentsFor(lrs, writer.tenant, { received, ids, request })
  const authority = authorityOf(writer, lrs.home)
  const statements: IncomingStatement[] = []
  await inSlices(received, (item, index) => {
    const id = ids[index] as string
    const prepared = prepareStatement(item, id, writer, { authority, version: request.version })
    const whole = { ...prepared, attachments: own[index] ?? [] }
    statements.push(conforms(lrs, writer, item) ? whole : flagged(whole))
  })
  const storing =
    statements.length === 0
      ? Promise.resolve(NOTHING)
      : lrs.stores.statements.insert(writer.tenant, {
          credential: writer.id,
          authority: JSON.stringify(authority),
          voidsOthers: voidsOthers(writer),
          version: request.version,
          statements,
        })
  return { ids, paths: received.map(({ path }) => path), storing }
}

/** Of an empty list. */
const NOTHING: BatchOutcome = { outcome: 'stored', stored: 0, existing: [] }

/** @throws Refusal `malformed` where statements that break cmi5 are refused */
function conforms(lrs: Lrs, writer: CredentialCaller, { statement, path }: ReceivedStatement): boolean {
  if (lrs.cmi5 === undefined || lrs.cmi5 === 'accept') return true
  const violations = cmi5Violations(statement, path, writer.session)
  if (violations.length > 0 && lrs.cmi5 === 'refuse') throw malformed(violations)
  return violations.length === 0
}

/** The work list finds it by this. */
function flagged(statement: IncomingStatement): IncomingStatement {
  return { ...statement, terms: [...statement.terms, FLAG_TERM] }
}

/** Own id, id of the URL, or a new one; each id once in a batch (2.0.0 §4.1.6.1; ids differ by more than case). */
function idsFor(
  lrs: Lrs,
  received: readonly ReceivedStatement[],
  putId: string | undefined,
): readonly string[] {
  const seen = new Set<string>()
  return received.map(({ statement, path }) => {
    const own = statement.id?.toLowerCase()
    if (putId !== undefined && own !== undefined && own !== putId) {
      throw malformedAt(
        '$.id',
        `the statement's id is not the statementId ${putId} of the request`,
        'xAPI 1.0.3 Communication §2.1.1',
      )
    }
    const id = own ?? putId ?? lrs.newId()
    if (seen.has(id)) throw malformedAt(`${path}.id`, `${id} stands twice in this batch`, 'xAPI 2.0 §4.1.6.1')
    seen.add(id)
    return id
  })
}

/** For each statement the bytes it came with. @throws Refusal `malformed` when some are missing, in excess, or no signature */
async function attachmentsFor(
  lrs: Lrs,
  tenant: string,
  {
    received,
    ids,
    request: { version, attachments },
  }: {
    readonly received: readonly ReceivedStatement[]
    readonly ids: readonly string[]
    readonly request: StatementsRequest
  },
): Promise<readonly (readonly StagedAttachment[])[]> {
  const staged = attachments && new Map(attachments.map((one) => [one.sha2, one]))
  const own = matchAttachments(received, staged ?? null)
  const signed = { tenant, version, staged: staged ?? new Map<string, StagedAttachment>() }
  for (const [index, one] of received.entries()) await checkSignatures(lrs, one, ids[index] ?? '', signed)
  return own
}
