import { parse, v5 } from 'uuid'
import type { Attempt, ElementRule } from './derivation.ts'
import type { AttemptGroup } from './keys.ts'
import { NAMESPACE } from './namespace.ts'
import { isPreviewObstacle } from './preview.ts'
import { innerTypes } from './vocabulary.ts'
import { compare, type Work } from './work.ts'

/** As bytes, like the names below: given as text, both would be turned into bytes by a slower way for each attempt. */
const ATTEMPT_IDS = parse(v5(NAMESPACE, v5.URL))

/** Stands between a statement and being evidence; voiding does not (A23). */
function isEvidence(item: Work): boolean {
  return item.obstacles.every((obstacle) => obstacle === 'voided')
}

const authority: readonly ElementRule[] = ['scorm', 'catalogue', 'package', 'type', 'default']

/** The most authoritative rule among the statements. */
function strongestRule(items: readonly Work[]): ElementRule {
  const rules = new Set(items.map((item) => item.decision.rule))
  return authority.find((rule) => rules.has(rule)) ?? 'default'
}

type Outcome = Pick<Attempt, 'completion' | 'success' | 'scaled' | 'progress' | 'durationMs'>

/** True if anybody said so, false if it was only ever denied. */
function ever(told: boolean | undefined, said: boolean | undefined): boolean | undefined {
  return said === undefined ? told : told || said
}

function larger(told: number | undefined, said: number | undefined): number | undefined {
  return said === undefined || (told !== undefined && told > said) ? told : said
}

/** Of the statements that stand; answers and objectives speak of themselves, not of the attempt. */
function outcomeOf(items: readonly Work[]): Outcome {
  const isStanding = items.some((item) => !item.fact.voided)
  let [completion, success]: (boolean | undefined)[] = []
  let [scaled, progress, durationMs]: (number | undefined)[] = []
  for (const { fact } of items) {
    if ((isStanding && fact.voided) || innerTypes.has(fact.object.type ?? '')) continue
    completion = ever(completion, fact.completion)
    success = ever(success, fact.success)
    scaled = larger(scaled, fact.scaled)
    progress = larger(progress, fact.progress)
    durationMs = larger(durationMs, fact.durationMs)
  }
  return {
    ...(completion !== undefined && { completion }),
    ...(success !== undefined && { success }),
    ...(scaled !== undefined && { scaled }),
    ...(progress !== undefined && { progress }),
    ...(durationMs !== undefined && { durationMs }),
  }
}

/** Moodle's registration is a hash of a PHP session: it says nothing of the attempt (in-the-wild §1.7, 1). */
function registrationOf(items: readonly Work[]): string | undefined {
  return items
    .map(({ fact }) => (fact.source === 'moodle' ? undefined : fact.registration))
    .filter((registration) => registration !== undefined)
    .sort(compare)[0]
}

/** UUIDv5 over tenant, learner, element, key kind and key: the same in every rebuild of the same statements. */
function attemptId(tenant: string, group: AttemptGroup, element: string): string {
  const learner = group.members.map(({ fact }) => fact.learner).sort(compare)[0]
  const key = group.keys[0] ?? ''
  const name = [tenant, learner, element, group.kind, key.slice(group.kind.length + 1)].join('|')
  return v5(new TextEncoder().encode(name), ATTEMPT_IDS)
}

const distinct = (items: readonly Work[]): number => new Set(items.map((item) => item.fact.statementId)).size

/**
 * An attempt over its statements, by minimum, maximum and union (ruling 3).
 * @param group not empty; its members in the order of `inOrder`
 */
export function buildAttempt(tenant: string, group: AttemptGroup): Attempt {
  const { members } = group
  const evidence = members.filter(isEvidence)
  const tracked = evidence.length > 0
  const basis = tracked ? evidence : members
  const element = members[0]?.decision.element ?? ''
  const registration = registrationOf(members)
  return {
    id: attemptId(tenant, group, element),
    element,
    elementRule: strongestRule(basis),
    keyKind: group.kind,
    keys: group.keys,
    ...(registration !== undefined && { registration }),
    tracked,
    reason: tracked ? 'tracked' : (members[0]?.obstacles[0] ?? 'not-content'),
    mixed: tracked && members.some((item) => item.obstacles.some(isPreviewObstacle)),
    inferred: group.kind === 'K7',
    deleted: basis.every((item) => item.fact.voided),
    first: basis.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY),
    last: basis.reduce((most, { at }) => Math.max(most, at), Number.NEGATIVE_INFINITY),
    statements: distinct(members),
    evidence: distinct(evidence),
    ...outcomeOf(basis),
  }
}
