import { createHash } from 'node:crypto'
import { unionFind } from './union-find.ts'
import { isNonPersonPattern, nonPersonMailboxes } from './vocabulary.ts'

const MBOX = 'mbox:mailto:'
const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')

/**
 * The identifiers that are the same person without anybody saying so: the SHA-1 of a mailbox as xAPI defines it (over
 * `mailto:…`) and as Open edX sends it (over the bare address). Nothing else is ever linked by itself (in-the-wild §6.2, 3).
 * @param ifi canonical, e.g. `mbox:mailto:ana@example.org`
 */
export function automaticLinks(ifi: string): readonly string[] {
  if (!ifi.startsWith(MBOX)) return []
  const address = ifi.slice(MBOX.length)
  return [`sha1:${sha1(`mailto:${address}`)}`, `sha1:${sha1(address)}`]
}

const withHashes = (ifis: readonly string[]): readonly string[] =>
  ifis.flatMap((ifi) => [ifi, ...automaticLinks(ifi)])

const builtIn: ReadonlySet<string> = new Set(withHashes(nonPersonMailboxes.map((address) => MBOX + address)))

/**
 * Whether an identifier may be a person (P1, in-the-wild §6.2, 7).
 * @param nonPersons canonical identifiers an administrator named; a mailbox covers its hashes. Moodle's guest
 * (`account:<wwwroot>|1`) must be named here: on other sites the account "1" is somebody.
 */
export function isPerson(ifi: string, nonPersons: readonly string[]): boolean {
  return !(isNonPersonPattern(ifi) || builtIn.has(ifi) || withHashes(nonPersons).includes(ifi))
}

/**
 * Connected components (ruling 19): each sorted, and sorted among themselves by their smallest identifier, so the first
 * of a component is its stable representative. Identifiers that only links name are members too.
 */
export function components(
  identities: readonly string[],
  links: readonly (readonly [string, string])[],
): readonly (readonly string[])[] {
  const sets = unionFind()
  for (const identity of identities) sets.add(identity)
  for (const [a, b] of links) sets.join(a, b)
  const members = new Map<string, string[]>()
  for (const identity of [...sets.items()].sort()) {
    const root = sets.find(identity)
    const component = members.get(root)
    if (component) component.push(identity)
    else members.set(root, [identity])
  }
  return [...members.values()]
}
