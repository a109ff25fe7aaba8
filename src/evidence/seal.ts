/** The seal of a closed window: one text that says everything the invoice rests on, signed by the installation. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'

/** What a snapshot says (counting §4.1). Times are ISO instants in UTC. */
export interface SealContent {
  readonly format: 1
  readonly tenant: string
  readonly policy: string
  readonly version: number
  readonly window: string
  readonly start: string
  readonly end: string
  readonly timeZone: string
  /** Version of the time zone data the bounds were worked out with (Q7). */
  readonly tzData: string
  readonly countHash: string
  readonly commercialHash: string
  /** What was known: every statement up to this number, stored at or before this instant. */
  readonly cutoff: { readonly at: string; readonly seq: number }
  /** Links between identifiers, and entries of the catalogue, by then. */
  readonly aliases: number
  readonly catalogue: number
  readonly count: number
  /** sealed-row.ts */
  readonly root: string
  readonly limit: number | null
  readonly over: number | null
  readonly surchargePct: number
  /** Levels reached, in rising order. */
  readonly alerts: readonly string[]
  readonly closedAt: string
  /** Null when the window closed by itself. */
  readonly closedBy: string | null
  readonly reason: string | null
}

/** The signature is over `content` exactly as kept. Keys and signature are base64url; the public key is SPKI, DER. */
export interface Seal {
  readonly content: string
  readonly signature: string
  readonly publicKey: string
}

/** A new Ed25519 key, PKCS #8 in base64url. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ed25519')
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url')
}

export function sealOf(content: SealContent, signingKey: string): Seal {
  const key = createPrivateKey({ key: Buffer.from(signingKey, 'base64url'), format: 'der', type: 'pkcs8' })
  const text = JSON.stringify(content)
  return {
    content: text,
    signature: sign(null, Buffer.from(text), key).toString('base64url'),
    publicKey: createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64url'),
  }
}

export function isSealed({ content, signature, publicKey }: Seal): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64url'), format: 'der', type: 'spki' })
    return verify(null, Buffer.from(content), key, Buffer.from(signature, 'base64url'))
  } catch {
    // No key at all.
    return false
  }
}
