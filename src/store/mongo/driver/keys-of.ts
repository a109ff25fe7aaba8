/** How documents are named: the tenant first, so that every shard key can begin with it (ruling 24). */
import { createHash } from 'node:crypto'
import type { TenantId } from '../../ports.ts'

/** Never in an identifier, an IRI or an id of ours, so parts cannot run into each other. */
const BETWEEN = '\n'

export function keyOf(tenant: TenantId, ...parts: readonly (string | number)[]): string {
  return [tenant, ...parts].join(BETWEEN)
}

/** The tenant of a key of two parts, and its own. */
export function partsOf(key: string): readonly [TenantId, string] {
  const at = key.indexOf(BETWEEN)
  return [key.slice(0, at), key.slice(at + 1)]
}

/** After every key of a tenant. */
const END = '\u{10FFFF}'

/** As a filter on `_id`: the tenant's keys, from behind this one on. */
export function keysAfter(tenant: TenantId, last = ''): { readonly $gt: string; readonly $lt: string } {
  return { $gt: keyOf(tenant, last), $lt: keyOf(tenant, END) }
}

/** 132 bits. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}

/** What stands for an identifier in keys and indexes: identifiers themselves never do (ruling 19). */
export function identityKey(ifi: string): string {
  return digest(ifi)
}

/** A group of people as an index names it. */
export function groupKey({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind}${BETWEEN}${name}`
}

interface Pair {
  readonly a: string
  readonly b: string
  readonly source: string
}

/** The same for a pair either way round. */
export function linkKey({ a, b, source }: Pair): string {
  return digest([...[a, b].sort(), source].join(BETWEEN))
}

/** Statements a reservation has room for; the seqs of one number never meet those of the next. */
export const SEQS = 2 ** 20

/** Of the reservation's number: its first seq. Strictly before the first of every later number. */
export function firstSeq(number: number): number {
  return number * SEQS
}
