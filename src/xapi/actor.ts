/** Who an actor is: canonical identifiers (IFIs), equal exactly when two Agents are the same one (in-the-wild §6.2, 2). */
import { canonicalHome } from './iri.ts'
import type { Actor, Agent, Group, Identifier } from './types.ts'

/**
 * `mbox:mailto:Ana@example.org`, `sha1:<hex>`, `openid:<URL>` or `account:<homePage>|<name>`. Mail domain, hex digits, scheme
 * and host are in lower case; local part and account name are kept byte for byte. The first `|` separates: no IRI holds one.
 * @returns null for a Group without identifier
 */
export function identifierOf(actor: Actor): string | null {
  if (actor.mbox !== undefined) return `mbox:${canonicalMbox(actor.mbox)}`
  if (actor.mbox_sha1sum !== undefined) return `sha1:${actor.mbox_sha1sum.toLowerCase()}`
  if (actor.openid !== undefined) return `openid:${canonicalHome(actor.openid)}`
  if (actor.account !== undefined)
    return `account:${canonicalHome(actor.account.homePage)}|${actor.account.name}`
  return null
}

/** Of the actor and, for a Group, of its members; each once. */
export function identifiersOf(actor: Actor): string[] {
  const found = new Set<string>()
  for (const one of [actor, ...membersIn(actor)]) {
    const identifier = identifierOf(one)
    if (identifier !== null) found.add(identifier)
  }
  return [...found]
}

/** The members of the Agent that a canonical identifier stands for. */
export function agentOfIdentifier(ifi: string): Identifier {
  const colon = ifi.indexOf(':')
  const value = ifi.slice(colon + 1)
  switch (ifi.slice(0, colon)) {
    case 'mbox':
      return { mbox: value }
    case 'sha1':
      return { mbox_sha1sum: value }
    case 'openid':
      return { openid: value }
    default: {
      const bar = value.indexOf('|')
      return { account: { homePage: value.slice(0, bar), name: value.slice(bar + 1) } }
    }
  }
}

/** `mailto:` and the domain in lower case; the local part belongs to its host, which may tell cases apart. */
export function canonicalMbox(mbox: string): string {
  const at = mbox.lastIndexOf('@')
  return `mailto:${mbox.slice('mailto:'.length, at)}${mbox.slice(at).toLowerCase()}`
}

export function isGroup(actor: Actor): actor is Group {
  return actor.objectType === 'Group'
}

function membersIn(actor: Actor): readonly Agent[] {
  return isGroup(actor) ? (actor.member ?? []) : []
}
