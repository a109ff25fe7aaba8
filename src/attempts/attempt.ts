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

function largest(values: readonly (number | undefined)[]): number | undefined {
  const told = values.filter((value) => value !== undefined)
  return told.length === 0 ? undefined : told.reduce((most, value) => Math.max(most, value))
}

/** True if anybody said so, false if it was only ever denied. */
function ever(values: readonly (boolean | undefined)[]): boolean | undefined {
  return values.includes(true) ? true : values.find((value) => value !== undefined)
}

type Outcome = Pick<Attempt, 'completion' | 'success' | 'scaled' | 'progress' | 'durationMs'>

/** Of the statements that stand; answers and objectives speak of themselves, not of the attempt. */
function outcomeOf(items: readonly Work[]): Outcome {
  const standing = items.filter((item) => !item.fact.voided)
  const facts = (standing.length > 0 ? standing : items)
    .map((item) => item.fact)
    .filter((fact) => !innerTypes.has(fact.object.type ?? ''))
  const outcome = {
    completion: ever(facts.map((fact) => fact.completion)),
    success: ever(facts.map((fact) => fact.success)),
    scaled: largest(facts.map((fact) => fact.scaled)),
    progress: largest(facts.map((fact) => fact.progress)),
    durationMs: largest(facts.map((fact) => fact.durationMs)),
  }
  return Object.fromEntries(Object.entries(outcome).filter(([, value]) => value !== undefined)) as Outcome
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
