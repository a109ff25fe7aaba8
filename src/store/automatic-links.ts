/** Links that nobody has to give. */
import { randomUUID } from 'node:crypto'
import { automaticLinks } from '../attempts/identity.ts'
import type { IdentityLink } from './ports.ts'

/** An identifier brings its hashed forms along, also one that a link or a launch names before any statement (in-the-wild §6.2, 3). */
export function automaticOf(ifi: string, at: number): readonly IdentityLink[] {
  return automaticLinks(ifi).map((other) => ({
    id: randomUUID(),
    a: ifi,
    b: other,
    author: 'rollcall',
    source: 'automatic',
    at,
  }))
}
