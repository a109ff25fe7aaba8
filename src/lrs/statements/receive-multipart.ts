/** A multipart/mixed request: statements in its first part, the bytes of attachments in the others (1.0.3 Communication §1.5.2). */
import { createHash } from 'node:crypto'
import type { StagedAttachment } from '../../store/ports.ts'
import { algorithmOf } from '../../xapi/attachments.ts'
import { isSha2 } from '../../xapi/formats.ts'
import { type Caller, credentialOf, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { malformedAt, Refusal } from '../refusal.ts'

export interface Part {
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** To be read before the next part. */
  readonly body: AsyncIterable<Uint8Array>
}

export interface ReceivedMultipart {
  /** The first part. */
  readonly bytes: Uint8Array
  readonly attachments: readonly StagedAttachment[]
}

/** A batch of thousands of small attachments is possible, a million files from one request is not. */
const MOST_PARTS = 10_000

/**
 * Takes the parts in and does something with them. Bytes go to the store as they come; when this ends, however it ends,
 * those that no stored statement has taken are deleted.
 * @param jsonLimit most bytes of the first part
 * @throws Refusal `malformed` (a part is not as it must be), `too-large`, `forbidden`, and what `use` throws
 */
export async function withMultipart<T>(
  lrs: Lrs,
  caller: Caller,
  { parts, jsonLimit }: { readonly parts: AsyncIterable<Part>; readonly jsonLimit: number },
  use: (received: ReceivedMultipart) => Promise<T>,
): Promise<T> {
  // Before anybody who may not write has filled the disk.
  demand(caller, 'write statements')
  const { tenant } = credentialOf(caller)
  const staged: StagedAttachment[] = []
  try {
    let bytes: Uint8Array | null = null
    let number = 0
    for await (const part of parts) {
      number += 1
      if (bytes === null) bytes = await readStatementsPart(part, jsonLimit)
      else if (number > MOST_PARTS)
        throw new Refusal('too-large', `more than ${MOST_PARTS} parts in one request`)
      else staged.push(await stagePart(lrs, tenant, part, `part ${number}`))
    }
    if (bytes === null) throw malformedAt('body', 'has no part', 'XAPI-00130')
    return await use({ bytes, attachments: staged })
  } finally {
    // What cannot be deleted now is swept away later.
    await lrs.stores.attachments.discard(tenant, staged).catch(() => undefined)
  }
}

const AS_IT_IS = new Set(['7bit', '8bit', 'binary'])

async function readStatementsPart({ headers, body }: Part, limit: number): Promise<Uint8Array> {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json')
    throw malformedAt('part 1', 'the first part holds the statements as application/json', 'XAPI-00134')
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase() ?? 'binary'
  if (!AS_IT_IS.has(encoding)) throw malformedAt('part 1', 'must not be encoded for transfer', 'XAPI-00135')
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit)
      throw new Refusal(
        'too-large',
        `the statements have more than ${limit} bytes: send fewer; ROLLCALL_BODY_LIMIT can be raised`,
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function stagePart(
  lrs: Lrs,
  tenant: string,
  { headers, body }: Part,
  path: string,
): Promise<StagedAttachment> {
  const said = headers.get('x-experience-api-hash')
  if (said === undefined || !isSha2(said))
    throw malformedAt(path, 'needs the hash of an attachment as X-Experience-API-Hash', 'XAPI-00132')
  // 1.0.3 assumes binary where nothing is said (xapi.md §4.1).
  if ((headers.get('content-transfer-encoding') ?? 'binary').toLowerCase() !== 'binary')
    throw malformedAt(path, 'Content-Transfer-Encoding must be binary', 'XAPI-00135')
  const sha2 = said.toLowerCase()
  return await lrs.stores.attachments.stage(tenant, sha2, proven(body, sha2, path))
}

/** The same bytes; throws at their end when they have another hash. */
async function* proven(
  body: AsyncIterable<Uint8Array>,
  sha2: string,
  path: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithmOf(sha2))
  for await (const chunk of body) {
    hash.update(chunk)
    yield chunk
  }
  const found = hash.digest('hex')
  if (found !== sha2)
    throw malformedAt(
      path,
      `its bytes have the hash ${found}, not ${sha2}`,
      'xAPI 1.0.3 Communication §1.5.2',
    )
}
