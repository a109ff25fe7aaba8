/** The Person of GET /agents (1.0.3 Communication §2.4, XAPI-00236): one human being, in lists. */
import type { Account, Identifier } from './types.ts'

export interface Person {
  readonly objectType: 'Person'
  readonly name?: readonly string[]
  readonly mbox?: readonly string[]
  readonly mbox_sha1sum?: readonly string[]
  readonly openid?: readonly string[]
  readonly account?: readonly Account[]
}

/** A list that would be empty is left out. */
export function personOf(identifiers: readonly Identifier[], names: readonly string[]): Person {
  const lists = {
    name: [...new Set(names)],
    mbox: identifiers.flatMap(({ mbox }) => mbox ?? []),
    mbox_sha1sum: identifiers.flatMap(({ mbox_sha1sum }) => mbox_sha1sum ?? []),
    openid: identifiers.flatMap(({ openid }) => openid ?? []),
    account: identifiers.flatMap(({ account }) => account ?? []),
  }
  const filled = Object.entries(lists).filter(([, list]) => list.length > 0)
  return { objectType: 'Person', ...Object.fromEntries(filled) }
}
