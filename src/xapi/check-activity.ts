/** Verbs, Activities, their definitions, StatementRefs (1.0.3 Data §2.4.3 and §2.4.4, 2.0.0 §4.2.2.2 and §4.2.2.3). */
import {
  type CrossRule,
  isJson,
  type Json,
  list,
  mapOf,
  may,
  must,
  never,
  oneOf,
  type Problem,
  problem,
  text,
} from './check.ts'
import { shape } from './check-shape.ts'
import { isIri, isIrl, isLanguageTag, isUuid } from './formats.ts'

export const iri = text(isIri, 'an absolute IRI')
export const irl = text(isIrl, 'an IRL')
export const uuid = text(isUuid, 'a UUID')

export const languageMap = mapOf(isLanguageTag, 'a language tag', 'XAPI-00121', text())

/** Values are free, null included (XAPI-00119). */
export const extensions = mapOf(isIri, 'an IRI', 'XAPI-00118', null)

export const verb = shape('a Verb', {
  id: must('XAPI-00044', iri),
  display: may('XAPI-00045', languageMap),
})

/** Which lists of components each interaction type has (1.0.3 Data §2.4.4.1, appendix C). */
const COMPONENTS: Readonly<Record<string, readonly string[]>> = {
  'true-false': [],
  choice: ['choices'],
  'fill-in': [],
  'long-fill-in': [],
  matching: ['source', 'target'],
  performance: ['steps'],
  sequencing: ['choices'],
  likert: ['scale'],
  numeric: [],
  other: [],
}
const COMPONENT_LISTS = ['choices', 'scale', 'source', 'target', 'steps']
const CLAUSE = 'xAPI 1.0.3 Data §2.4.4.1'

const component = shape('an interaction component', {
  id: must(CLAUSE, text()),
  description: may('XAPI-00121', languageMap),
})
const components = list(component)

const typedAnswers: CrossRule = (value) =>
  value.correctResponsesPattern === undefined || value.interactionType !== undefined
    ? null
    : problem('.correctResponsesPattern', 'needs an interactionType', 'XAPI-00064')

const rightComponents: CrossRule = (value) => {
  const { interactionType } = value
  for (const name of COMPONENT_LISTS) {
    if (value[name] === undefined) continue
    if (interactionType === undefined) return problem(`.${name}`, 'needs an interactionType', 'XAPI-00064')
    const allowed = typeof interactionType === 'string' ? COMPONENTS[interactionType] : undefined
    if (allowed && !allowed.includes(name)) {
      return problem(`.${name}`, `is no part of the interaction type ${interactionType}`, CLAUSE)
    }
  }
  return null
}

const distinctComponents: CrossRule = (value) => {
  for (const name of COMPONENT_LISTS) {
    const found = value[name] === undefined ? null : repeatedId(name, value[name])
    if (found) return found
  }
  return null
}

function repeatedId(name: string, value: unknown): Problem | null {
  if (!Array.isArray(value)) return null
  const ids = value.filter(isJson).map((one: Json) => one.id)
  const index = ids.findIndex((id, at) => id !== undefined && ids.indexOf(id) !== at)
  return index === -1
    ? null
    : problem(`.${name}[${index}].id`, 'is the id of another component as well', CLAUSE)
}

const definition = shape(
  'an Activity definition',
  {
    name: may('XAPI-00056', languageMap),
    description: may('XAPI-00059', languageMap),
    type: may('XAPI-00060', iri),
    moreInfo: may('XAPI-00061', irl),
    extensions: may('XAPI-00057', extensions),
    interactionType: may('XAPI-00049', oneOf(Object.keys(COMPONENTS))),
    correctResponsesPattern: may(CLAUSE, list(text())),
    choices: may(CLAUSE, components),
    scale: may(CLAUSE, components),
    source: may(CLAUSE, components),
    target: may(CLAUSE, components),
    steps: may(CLAUSE, components),
  },
  [typedAnswers, rightComponents, distinctComponents],
)

/** What an Agent or Group without `objectType` would look like: as an object it is taken for an Activity. */
const actorMember = never('XAPI-00065', 'an Agent or Group as object needs its objectType')

export const activity = shape('an Activity', {
  objectType: may('XAPI-00046', oneOf(['Activity'])),
  id: must('XAPI-00047', iri),
  definition: may('XAPI-00048', definition),
  mbox: actorMember,
  mbox_sha1sum: actorMember,
  openid: actorMember,
  account: actorMember,
  member: actorMember,
})

export const statementRef = shape('a StatementRef', {
  objectType: must('XAPI-00073', oneOf(['StatementRef'])),
  id: must('XAPI-00072', uuid),
})
