/** Signatures of statements are proven before anything is stored (1.0.3 Data §2.6). */
import { X509Certificate } from 'node:crypto'
import { compactVerify } from 'jose'
import type { StagedAttachment } from '../../store/ports.ts'
import { SIGNATURE } from '../../xapi/check-statement.ts'
import { isSigned, readSignature, type Signature, type SignatureFault } from '../../xapi/signature.ts'
import type { Statement, Version } from '../../xapi/types.ts'
import type { Lrs } from '../context.ts'
import { malformedAt } from '../refusal.ts'
import type { ReceivedStatement } from './read-statements.ts'

/** A signature holds the statement and little more. */
const MOST_BYTES = 16 * 1024 * 1024

export interface SignedRequest {
  readonly tenant: string
  readonly version: Version
  /** By hash. */
  readonly staged: ReadonlyMap<string, StagedAttachment>
}

/**
 * Every signature of the statement itself; one inside a SubStatement is an attachment like others. Without certificate only
 * the payload is proven: no key is known here. A chain is held against itself, neither against a list of trusted roots nor
 * against the clock: a statement outlives its certificate.
 * @throws Refusal `malformed` that says what is wrong with which
 */
export async function checkSignatures(
  lrs: Lrs,
  { statement, path: at }: ReceivedStatement,
  id: string,
  request: SignedRequest,
): Promise<void> {
  for (const [index, attachment] of (statement.attachments ?? []).entries()) {
    if (attachment.usageType !== SIGNATURE) continue
    const staged = request.staged.get(attachment.sha2.toLowerCase())
    const wrong = staged ? await faultOf(lrs, { staged, statement, id }, request) : NO_BYTES
    if (wrong !== null) throw malformedAt(`${at}.attachments[${index}]`, wrong.message, wrong.requirement)
  }
}

const NO_BYTES: SignatureFault = {
  message: 'a signature needs its bytes in a multipart/mixed request',
  requirement: 'XAPI-00115',
}

async function faultOf(
  lrs: Lrs,
  signed: { readonly staged: StagedAttachment; readonly statement: Statement; readonly id: string },
  { tenant, version }: SignedRequest,
): Promise<SignatureFault | null> {
  const { staged, statement, id } = signed
  if (staged.bytes > MOST_BYTES) return { message: 'is too long for a signature', requirement: 'XAPI-00115' }
  const read = readSignature(await wholeOf(lrs, tenant, staged), version)
  if ('fault' in read) return read.fault
  if (!isSigned(read.signature.payload, statement, id, version))
    return { message: 'signs another statement than the one it comes with', requirement: 'XAPI-00116' }
  const message = await certificateFault(read.signature)
  return message === null ? null : { message, requirement: 'RFC 7515 §4.1.6' }
}

async function wholeOf(lrs: Lrs, tenant: string, staged: StagedAttachment): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of await lrs.stores.attachments.staged(tenant, staged)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What is wrong with its certificates, or with the signature in the light of the first. */
async function certificateFault({ jws, algorithm, certificates }: Signature): Promise<string | null> {
  if (certificates.length === 0) return null
  const chain: X509Certificate[] = []
  try {
    for (const one of certificates) chain.push(new X509Certificate(Buffer.from(one, 'base64')))
  } catch {
    return 'has an x5c that holds no X.509 certificate'
  }
  const [signer] = chain as [X509Certificate]
  const broken = chain.findIndex((one, index) => !isIssuedBy(one, chain[index + 1]))
  if (broken >= 0) return `has a certificate ${broken} that was not issued by the one after it`
  try {
    await compactVerify(jws, signer.publicKey, { algorithms: [algorithm] })
    return null
  } catch (error) {
    return `was not made with the key of its certificate: ${(error as Error).message}`
  }
}

function isIssuedBy(one: X509Certificate, issuer: X509Certificate | undefined): boolean {
  return issuer === undefined || (one.checkIssued(issuer) && one.verify(issuer.publicKey))
}
