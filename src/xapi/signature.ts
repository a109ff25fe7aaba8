/** Signed statements (1.0.3 Data §2.6, 2.0.0 §4.2.8; xapi.md §4.2): the JWS as it arrives, and whether it signs this statement. */
import { checkStatement, SIGNATURE } from './check-statement.ts'
import { isSameStatement } from './immutability.ts'
import { readJson } from './json.ts'
import type { Statement, Version } from './types.ts'

const ALGORITHMS = ['RS256', 'RS384', 'RS512'] as const

export interface Signature {
  /** The compact serialization (RFC 7515 §7.1). */
  readonly jws: string
  readonly algorithm: (typeof ALGORITHMS)[number]
  readonly payload: Statement
  /** The certificates that came with it as base64 of their DER, the signer's first; empty: none came. */
  readonly certificates: readonly string[]
}

export interface SignatureFault {
  readonly message: string
  readonly requirement: string
}

type Reading<T> = T | { readonly fault: SignatureFault }

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
const MALFORMED = 'XAPI-00115'

/** Reads the bytes of a signature; that the key behind it is right is for others to prove. */
export function readSignature(
  bytes: Uint8Array,
  version: Version,
): Reading<{ readonly signature: Signature }> {
  const jws = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  if (!COMPACT.test(jws))
    return fault(
      'is no JWS in compact serialization: three parts of base64url between dots, none empty',
      MALFORMED,
    )
  const [protectedPart = '', payloadPart = ''] = jws.split('.')
  const header = readHeader(protectedPart)
  if ('fault' in header) return header
  const payload = readPayload(payloadPart, version)
  return 'fault' in payload ? payload : { signature: { jws, ...header, ...payload } }
}

/**
 * Whether the payload is this statement as it was before the signature was added: signatures aside, by the rules of
 * immutability. A payload without timestamp signs a statement to which somebody on its way has added one.
 * @param id the one it is stored under, lower case
 */
export function isSigned(payload: Statement, statement: Statement, id: string, version: Version): boolean {
  if (payload.id !== undefined && payload.id.toLowerCase() !== id) return false
  const { timestamp = statement.timestamp } = payload
  const signed = { ...withoutSignatures(payload), ...(timestamp !== undefined && { timestamp }) }
  return isSameStatement({ statement: signed, timestamp: Number.NaN }, withoutSignatures(statement), version)
}

function withoutSignatures({ attachments = [], ...rest }: Statement): Statement {
  const others = attachments.filter(({ usageType }) => usageType !== SIGNATURE)
  return others.length === 0 ? rest : { ...rest, attachments: others }
}

function readHeader(part: string): Reading<Pick<Signature, 'algorithm' | 'certificates'>> {
  const json = readJson(Buffer.from(part, 'base64url'))
  if ('violation' in json) return fault(`has a header that ${json.violation.message}`, MALFORMED)
  const { alg, crit, x5c } = (json.value ?? {}) as { alg?: unknown; crit?: unknown; x5c?: unknown }
  const algorithm = ALGORITHMS.find((one) => one === alg)
  if (algorithm === undefined) return fault(`must have alg ${ALGORITHMS.join(', ')}`, 'XAPI-00117')
  if (crit !== undefined) return fault('asks for extensions (crit); none is understood', 'RFC 7515 §4.1.11')
  if (x5c === undefined) return { algorithm, certificates: [] }
  const isChain = Array.isArray(x5c) && x5c.length > 0 && x5c.every((one) => typeof one === 'string')
  return isChain
    ? { algorithm, certificates: x5c as readonly string[] }
    : fault('has an x5c that is no list of certificates', 'RFC 7515 §4.1.6')
}

function readPayload(part: string, version: Version): Reading<{ readonly payload: Statement }> {
  const json = readJson(Buffer.from(part, 'base64url'))
  if ('violation' in json) return fault(`has a payload that ${json.violation.message}`, 'XAPI-00116')
  const [violation] = checkStatement(json.value, version)
  return violation === undefined
    ? { payload: json.value as Statement }
    : fault(`has a payload that is no statement: ${violation.path} ${violation.message}`, 'XAPI-00116')
}

function fault(message: string, requirement: string): { readonly fault: SignatureFault } {
  return { fault: { message, requirement } }
}
