/**
 * Passwords and secrets. Passwords are chosen by people, so they get scrypt (memory-hard). Credential secrets are checked
 * on every request and are 256 random bits, so a keyed hash is enough: docs/decisions/0003-credential-hash.md.
 */
import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(scrypt) as (
  password: string,
  salt: Buffer,
  length: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>

const COST = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

/** 256 random bits, safe in a header and a URL. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** `scrypt$N$r$p$salt$hash`: says itself how it was made, so the cost can grow later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, 32, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}

export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const [kind, N, r, p, salt, hash] = stored.split('$')
  if (kind !== 'scrypt' || !salt || !hash) return false
  const expected = Buffer.from(hash, 'base64url')
  const options = { N: Number(N), r: Number(r), p: Number(p), maxmem: COST.maxmem }
  const actual = await derive(password, Buffer.from(salt, 'base64url'), expected.length, options)
  return timingSafeEqual(actual, expected)
}

/** HMAC-SHA-256 under the installation's key, hex. */
export function hashSecret(secret: string, key: string): string {
  return createHmac('sha256', key).update(secret).digest('hex')
}

/** Constant time in the secret; every live hash is compared. */
export function secretMatches(secret: string, key: string, hashes: readonly string[]): boolean {
  const actual = Buffer.from(hashSecret(secret, key), 'hex')
  let matches = false
  for (const hash of hashes) {
    const expected = Buffer.from(hash, 'hex')
    if (expected.length === actual.length && timingSafeEqual(actual, expected)) matches = true
  }
  return matches
}
