/**
 * The dictionary of index terms. The index holds numbers only, which belong to one tenant each (rulings 19, 24, 32): no
 * identifier can be read from it, and no token of one tenant can match a row of another.
 */
import { createHash } from 'node:crypto'
import { isOwnTerm } from '../../../xapi/terms.ts'
import type { Database, WriteContext } from '../database.ts'

/** Terms remembered; about 30 MB when full. */
const REMEMBERED = 200_000

/** Begins the token of a term that references do not inherit: no number does. */
const OWN = '0'

/** One of them must be there. */
export type Alternatives = readonly string[]

/** The token of a term in the index: its number in base 36. */
const tokenOf = (id: number, term: string) => (isOwnTerm(term) ? OWN : '') + id.toString(36)

export function isOwnToken(token: string): boolean {
  return token.startsWith(OWN)
}

/** 16 bytes, so that the dictionary does not grow with the length of IRIs. */
function hashOf(term: string): Buffer {
  return createHash('sha256').update(term).digest().subarray(0, 16)
}

/** For writing: the tokens of the terms, numbering those that are new. */
export function createTerms(
  db: Database,
  context: WriteContext,
): (tenant: number, terms: readonly string[]) => string[] {
  const find = db
    .prepare<[number, Buffer], number>('SELECT id FROM term WHERE tenant = ? AND hash = ?')
    .pluck()
  const add = db.prepare<[number, Buffer]>('INSERT INTO term (tenant, hash) VALUES (?, ?)')
  const known = new Map<number, Map<string, string>>()
  let remembered = 0
  const forget = () => {
    known.clear()
    remembered = 0
  }
  context.onRollback(forget)
  const knownOf = (tenant: number): Map<string, string> => {
    const found = known.get(tenant) ?? new Map<string, string>()
    known.set(tenant, found)
    return found
  }
  const learn = (tenant: number, term: string): string => {
    const hash = hashOf(term)
    const token = tokenOf(find.get(tenant, hash) ?? Number(add.run(tenant, hash).lastInsertRowid), term)
    if (remembered >= REMEMBERED) forget()
    remembered++
    knownOf(tenant).set(term, token)
    return token
  }
  return (tenant, terms) => {
    const tokens = knownOf(tenant)
    return terms.map((term) => tokens.get(term) ?? learn(tenant, term))
  }
}

/**
 * For reading: of each term the tokens it may stand as; null when one of the terms was never used in this tenant, so that
 * nothing can match all of them. A credential was once no token of its own kind, so either is taken.
 */
export function createTermReader(
  db: Database,
): (tenant: number, terms: readonly string[]) => readonly Alternatives[] | null {
  const find = db
    .prepare<[number, Buffer], number>('SELECT id FROM term WHERE tenant = ? AND hash = ?')
    .pluck()
  return (tenant, terms) => {
    const tokens: Alternatives[] = []
    for (const term of terms) {
      const id = find.get(tenant, hashOf(term))
      if (id === undefined) return null
      const token = tokenOf(id, term)
      tokens.push(isOwnToken(token) ? [token, token.slice(OWN.length)] : [token])
    }
    return tokens
  }
}
