import { buildAttempt } from './attempt.ts'
import type { Attempt, Classified, Derivation, DerivationContext, Obstacle } from './derivation.ts'
import { duplicatesIn } from './duplicates.ts'
import { decideElement, entryAt } from './element.ts'
import { elementRootOf } from './element-root.ts'
import type { StoredFact } from './fact.ts'
import { groupBy } from './group-by.ts'
import { isPerson } from './identity.ts'
import { groupAttempts, sessionsOf } from './keys.ts'
import { documentFinder } from './launch-documents.ts'
import { type LaunchQuery, launchFinder } from './launches.ts'
import {
  isLaunchModeUnknown,
  type LaunchSituation,
  launchModeOf,
  previewObstacles,
  type SessionSigns,
  signsOf,
  withDocuments,
} from './preview.ts'
import { resumedTimes } from './resumed.ts'
import { toActivityOfSession } from './session-element.ts'
import { isAdministrative, isNotContent, isOnlyLaunch } from './use.ts'
import { inOrder, type Placed, type Work } from './work.ts'

const FUTURE_SKEW_MS = 5 * 60_000

/** When it happened, ms: its timestamp, unless it has none or one more than 5 minutes after its receipt (in-the-wild §4.5, 3). */
export function effectiveTime(fact: StoredFact): number {
  return fact.at === null || fact.at > fact.stored + FUTURE_SKEW_MS ? fact.stored : fact.at
}

function place(fact: StoredFact, context: DerivationContext): Placed {
  const at = effectiveTime(fact)
  const root = elementRootOf(fact, context.catalogue)
  const detached = fact.group === true || isAdministrative(fact) || isNotContent(fact) || root.shell
  return { fact, at, root, decision: decideElement(fact, root, at), detached }
}

/** A session as far as the preview rules ask. */
interface Session {
  readonly signs: SessionSigns
  /** By what its launch is found; null where nothing is known of any launch. */
  readonly launch: SessionLaunch | null
}

/** A cmi5 or video session is one launch, so its start decides for all of it. */
interface SessionLaunch {
  readonly keys: readonly string[]
  readonly start: number
  readonly isOneLaunch: boolean
}

function launchOf(items: readonly Placed[]): SessionLaunch {
  const keys = items.flatMap((item) => item.fact.keys)
  return {
    keys: [...new Set(keys.map(({ key }) => key))],
    start: items.reduce((least, item) => Math.min(least, item.at), Number.POSITIVE_INFINITY),
    isOneLaunch: keys.some(({ kind }) => kind === 'K1' || kind === 'K5'),
  }
}

type Situate = (item: Placed, session: string | null) => LaunchSituation

function situations(
  items: readonly Placed[],
  sessions: readonly (string | null)[],
  context: DerivationContext,
): Situate {
  const isLaunchKnown = context.launches.length > 0
  const sessionOf = (members: readonly Placed[]): Session => ({
    signs: signsOf(members.map(({ fact }) => fact)),
    launch: isLaunchKnown ? launchOf(members) : null,
  })
  const members = groupBy(items, (_, index) => sessions[index] ?? null)
  const known = new Map([...members].map(([name, list]) => [name, sessionOf(list)]))
  const find = launchFinder(context.launches.filter(({ writtenBy }) => writtenBy === undefined))
  const findDocuments = documentFinder(context.launches.filter(({ writtenBy }) => writtenBy !== undefined))
  const people = new Map<string, boolean>()
  const isKnownPerson = (ifi: string): boolean => {
    const person = people.get(ifi) ?? isPerson(ifi, context.settings.nonPersons)
    people.set(ifi, person)
    return person
  }
  return (item, name) => {
    const { signs, launch } = known.get(name ?? '') ?? sessionOf([item])
    const query = launch && queryOf(item, launch)
    return {
      fact: item.fact,
      isPerson: isKnownPerson(item.fact.learner),
      record: query && find(query),
      signs: query ? withDocuments(signs, findDocuments(query)) : signs,
    }
  }
}

function queryOf({ fact, decision, at }: Placed, { keys, start, isOneLaunch }: SessionLaunch): LaunchQuery {
  return {
    sessions: keys,
    registration: fact.registration,
    elements: [...new Set([decision.element, fact.object.id])],
    at: isOneLaunch ? start : at,
  }
}

/** All but `duplicate` and `voided`, in the order of the rules. */
function obstaclesOf(
  item: Placed,
  situation: LaunchSituation,
  context: DerivationContext,
): readonly Obstacle[] {
  const { fact, root } = item
  const notContent = isNotContent(fact) || root.shell
  const found: Obstacle[] = []
  if (fact.group) found.push('group-without-members')
  if (isAdministrative(fact)) found.push('administrative-verb')
  found.push(...previewObstacles(situation))
  if (!item.decision.tracked && !notContent) found.push('resource')
  if (isOnlyLaunch(fact, context.settings.launchedCounts)) found.push('launched-only')
  if (notContent) found.push('not-content')
  return found
}

function judge(
  placed: readonly Placed[],
  sessions: readonly (string | null)[],
  context: DerivationContext,
): readonly Work[] {
  const situate = situations(placed, sessions, context)
  return placed.map((item, index) => {
    const situation = situate(item, sessions[index] ?? null)
    const { fact, at, root, decision, detached } = item
    return {
      fact,
      at,
      root,
      decision,
      detached,
      obstacles: obstaclesOf(item, situation, context),
      launchModeUnknown: isLaunchModeUnknown(situation),
      launchMode: launchModeOf(situation),
    }
  })
}

function withLastObstacles(items: readonly Work[], gapMs: number): readonly Work[] {
  const duplicates = duplicatesIn(items, gapMs)
  return items.map((item) => {
    const last: Obstacle[] = []
    if (duplicates.has(item)) last.push('duplicate')
    if (item.fact.voided) last.push('voided')
    return last.length === 0 ? item : { ...item, obstacles: [...item.obstacles, ...last] }
  })
}

function tagsOf({ root, at }: Work): Pick<Classified, 'tags'> {
  const { tags = [] } = entryAt(root.entries, at) ?? {}
  return tags.length > 0 ? { tags } : {}
}

const inOrderOfArrival = (a: Classified, b: Classified): number =>
  a.fact.stored - b.fact.stored || a.fact.seq - b.fact.seq

/**
 * Statements' facts → what each is worth, and the attempts they make. Pure and exactly order-free (ruling 6): neither the
 * order of `facts` nor their `seq` decides anything but the order of `classified`.
 * @param facts all facts of ONE learner, under all of their identities
 * @param context catalogue and settings of the tenant; launch records of this learner
 * @returns attempts ascending by (first, id)
 */
export function derive(facts: readonly StoredFact[], context: DerivationContext): Derivation {
  const gapMs = context.settings.gapMinutes * 60_000
  const placed = toActivityOfSession(facts.map((fact) => place(fact, context)).sort(inOrder))
  const sessions = sessionsOf(placed)
  const items = withLastObstacles(judge(placed, sessions, context), gapMs)
  const attempts: Attempt[] = []
  const attemptOf = new Map<Work, string>()
  const resumedAt = new Map<Work, number>()
  for (const group of groupAttempts(items, sessions, gapMs)) {
    const attempt = buildAttempt(context.tenant, group)
    attempts.push(attempt)
    for (const member of group.members) attemptOf.set(member, attempt.id)
    for (const [member, at] of resumedTimes(group.members)) resumedAt.set(member, at)
  }
  const classified = items.map(
    (item): Classified => ({
      fact: item.fact,
      at: item.at,
      resumedAt: resumedAt.get(item) ?? item.at,
      element: item.decision.element,
      elementRule: item.decision.rule,
      obstacles: item.obstacles,
      launchModeUnknown: item.launchModeUnknown,
      ...(item.launchMode !== undefined && { launchMode: item.launchMode }),
      ...tagsOf(item),
      attempt: attemptOf.get(item) ?? null,
    }),
  )
  return {
    classified: classified.sort(inOrderOfArrival),
    attempts: attempts.sort((a, b) => a.first - b.first || (a.id < b.id ? -1 : 1)),
  }
}
