/** Results and contexts (1.0.3 Data §2.4.5 and §2.4.6, 2.0.0 §4.2.2.4 and §4.2.2.5). */
import { boolean, type CrossRule, list, may, must, number, oneOf, problem, type Rule, text } from './check.ts'
import { activity, extensions, iri, statementRef, uuid } from './check-activity.ts'
import { actor, agent, group } from './check-actor.ts'
import { shape } from './check-shape.ts'
import { isDuration, isLanguageTag } from './formats.ts'
import type { Version } from './types.ts'

const scaledRange: CrossRule = ({ scaled }) =>
  typeof scaled === 'number' && (scaled < -1 || scaled > 1)
    ? problem('.scaled', `${scaled} does not lie between -1 and 1`, 'XAPI-00083')
    : null

const orderedBounds: CrossRule = ({ min, max }) =>
  typeof min === 'number' && typeof max === 'number' && min >= max
    ? problem('.min', `${min} is not below max ${max}`, 'XAPI-00081')
    : null

const rawInBounds: CrossRule = ({ raw, min, max }) => {
  if (typeof raw !== 'number') return null
  if (typeof min === 'number' && raw < min) return problem('.raw', `${raw} is below min ${min}`, 'XAPI-00082')
  if (typeof max === 'number' && raw > max) return problem('.raw', `${raw} is above max ${max}`, 'XAPI-00082')
  return null
}

const score = shape(
  'a Score',
  {
    scaled: may('XAPI-00083', number),
    raw: may('XAPI-00082', number),
    min: may('XAPI-00081', number),
    max: may('XAPI-00080', number),
  },
  [scaledRange, orderedBounds, rawInBounds],
)

export const result = shape('a Result', {
  score: may('XAPI-00079', score),
  success: may('XAPI-00074', boolean),
  completion: may('XAPI-00075', boolean),
  response: may('XAPI-00076', text()),
  duration: may('XAPI-00077', text(isDuration, 'an ISO 8601 duration')),
  extensions: may('XAPI-00078', extensions),
})

/** One Activity is allowed where a list is (1.0.3 Data §2.4.6.2). */
const activities: Rule = (requirement) => {
  const one = activity(requirement)
  const several = list(activity)(requirement)
  return (value) => (Array.isArray(value) ? several(value) : one(value))
}

const contextActivities = shape('contextActivities', {
  parent: may('XAPI-00094', activities),
  grouping: may('XAPI-00094', activities),
  category: may('XAPI-00094', activities),
  other: may('XAPI-00094', activities),
})

const common = {
  registration: may('XAPI-00087-1', uuid),
  instructor: may('XAPI-00087-2', actor),
  team: may('XAPI-00088', group),
  contextActivities: may('XAPI-00086', contextActivities),
  revision: may('XAPI-00089', text()),
  platform: may('XAPI-00090', text()),
  language: may('XAPI-00091', text(isLanguageTag, 'a language tag')),
  statement: may('XAPI-00092', statementRef),
  extensions: may('XAPI-00078', extensions),
}

const AGENTS = 'xAPI 2.0 §4.2.2.5 contextAgents'
const GROUPS = 'xAPI 2.0 §4.2.2.5 contextGroups'

const contextAgent = shape('a contextAgent', {
  objectType: must(AGENTS, oneOf(['contextAgent'])),
  agent: must(AGENTS, agent),
  relevantTypes: may(AGENTS, list(iri, 1)),
})

const contextGroup = shape('a contextGroup', {
  objectType: must(GROUPS, oneOf(['contextGroup'])),
  group: must(GROUPS, group),
  relevantTypes: may(GROUPS, list(iri, 1)),
})

const CONTEXTS: Readonly<Record<Version, Rule>> = {
  '1.0.3': shape('a Context', common),
  '2.0.0': shape('a Context', {
    ...common,
    contextAgents: may(AGENTS, list(contextAgent)),
    contextGroups: may(GROUPS, list(contextGroup)),
  }),
}

/** contextAgents and contextGroups came with 2.0.0; in 1.0.3 they are unknown members (xapi.md §5 row 16). */
export function contextOf(version: Version): Rule {
  return CONTEXTS[version]
}
