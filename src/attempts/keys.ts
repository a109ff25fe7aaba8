import type { AttemptKeyKind } from './derivation.ts'
import { entryAt } from './element.ts'
import type { SessionKey } from './fact.ts'
import { groupBy } from './group-by.ts'
import { isPreviewObstacle } from './preview.ts'
import { unionFind } from './union-find.ts'
import { compare, inOrder, type Placed, type Work } from './work.ts'

/** An attempt activity is the same whether it is the context of a statement (K2) or its object (K3). */
const node = (element: string, { kind, key }: SessionKey): string =>
  `${element}\u0000${kind === 'K3' ? 'K2' : kind}\u0000${key}`

/**
 * Joins the statements whose session-level keys are linked, within one element (ruling 2).
 * @returns for each item the name of its session, or null when it has no key
 */
export function sessionsOf(items: readonly Placed[]): readonly (string | null)[] {
  const sets = unionFind()
  const firstNode = (item: Placed): string | null => {
    const [first] = item.fact.keys
    return first && !item.detached ? node(item.decision.element, first) : null
  }
  for (const item of items) {
    const first = firstNode(item)
    if (first === null) continue
    for (const key of item.fact.keys) sets.join(first, node(item.decision.element, key))
  }
  return items.map((item) => {
    const first = firstNode(item)
    return first === null ? null : sets.find(first)
  })
}

/** The statements of one attempt and the keys that hold them together. */
export interface AttemptGroup {
  readonly kind: AttemptKeyKind
  /** `<kind>:<key>`, sorted; the first one names the attempt. */
  readonly keys: readonly string[]
  readonly members: readonly Work[]
}

const REGISTRATION_SOURCES: ReadonlySet<string> = new Set(['rustici', 'tincan'])

/**
 * Whether the registration tells attempts apart (K6): for sources known to make one per attempt, and for packages the
 * catalogue knows as Tin Can content, since some tools leave no mark (isEazy). Never Moodle's (ruling 2, in-the-wild §1.7, 1).
 */
function registrationKey({ fact, root, at }: Work): string | null {
  if (fact.registration === undefined) return null
  const isAllowed =
    REGISTRATION_SOURCES.has(fact.source) ||
    (fact.source === 'other' && entryAt(root.entries, at)?.kind === 'xapi')
  return isAllowed ? fact.registration : null
}

/** Previews run apart: their time must not bridge a gap between two uses (ruling 4). */
const isPreview = (item: Work): boolean => item.obstacles.some(isPreviewObstacle)

function runs(items: readonly Work[], gapMs: number): readonly (readonly Work[])[] {
  const found: Work[][] = []
  let last = Number.NEGATIVE_INFINITY
  for (const item of [...items].sort(inOrder)) {
    if (item.at - last > gapMs) found.push([])
    found.at(-1)?.push(item)
    last = item.at
  }
  return found
}

function sessionGroup(members: readonly Work[]): AttemptGroup {
  const keys = [
    ...new Set(members.flatMap(({ fact }) => fact.keys.map(({ kind, key }) => `${kind}:${key}`))),
  ].sort(compare)
  return { kind: (keys[0]?.slice(0, 2) ?? 'K1') as AttemptKeyKind, keys, members }
}

function registrationGroup(members: readonly Work[]): AttemptGroup {
  return { kind: 'K6', keys: [`K6:${members[0]?.fact.registration ?? ''}`], members }
}

function gapGroups(items: readonly Work[], gapMs: number): readonly AttemptGroup[] {
  return runs(items, gapMs).map((members) => {
    const [first] = members
    const start = new Date(first?.at ?? 0).toISOString()
    return { kind: 'K7', keys: [`K7:${start}${first && isPreview(first) ? '|preview' : ''}`], members }
  })
}

/**
 * Groups statements into attempts by the key ladder (in-the-wild §4.2): session keys, then the registration where it can
 * be trusted, then the inactivity gap.
 * @param sessions as sessionsOf gives them, for the same items
 */
export function groupAttempts(
  items: readonly Work[],
  sessions: readonly (string | null)[],
  gapMs: number,
): readonly AttemptGroup[] {
  const places = items.map((item, index) => placeOf(item, sessions[index] ?? null))
  const of = (kind: Place['kind']): Map<string, Work[]> =>
    groupBy(items, (_, index) => (places[index]?.kind === kind ? places[index].key : null))
  return [
    ...[...of('session').values()].map(sessionGroup),
    ...[...of('registration').values()].map(registrationGroup),
    ...[...of('gap').values()].flatMap((members) => gapGroups(members, gapMs)),
  ]
}

interface Place {
  readonly kind: 'session' | 'registration' | 'gap' | 'none'
  readonly key: string
}

/** The first line of the ladder that applies. */
function placeOf(item: Work, session: string | null): Place {
  const { element } = item.decision
  if (item.detached) return { kind: 'none', key: '' }
  if (session !== null) return { kind: 'session', key: session }
  const registration = registrationKey(item)
  if (registration !== null) return { kind: 'registration', key: `${element}\u0000${registration}` }
  return { kind: 'gap', key: `${element}\u0000${isPreview(item)}` }
}
