/**
 * A second opinion on what a valid statement is, written from the standard (1.0.3 Data §2, §4; 2.0.0 §4.2) as a JSON Schema and
 * judged by other libraries than the product's: Ajv for shapes, Luxon for times and durations, Intl for language tags.
 */
import { Ajv } from 'ajv'
import { DateTime, Duration } from 'luxon'
import type { Version } from '../../src/xapi/types.ts'

const formats: Readonly<Record<string, (text: string) => boolean>> = {
  iri: (text) => /^[A-Za-z][\w+.-]*:/.test(text) && !/[\s<>"{}|\\^`]/.test(text) && !text.endsWith(':'),
  uuid: (text) =>
    text.length === 36 &&
    text
      .split('-')
      .map((part) => (/^[\da-fA-F]+$/.test(part) ? part.length : 0))
      .join() === '8,4,4,4,12',
  mbox: (text) => text.startsWith('mailto:') && /^[^@\s,]+@[^@\s,.]+(\.[^@\s,.]+)*$/.test(text.slice(7)),
  sha1: (text) => Buffer.from(text, 'hex').length === 20 && text.length === 40,
  sha2: (text) =>
    [28, 32, 48, 64].includes(Buffer.from(text, 'hex').length) &&
    Buffer.from(text, 'hex').length * 2 === text.length,
  timestamp: (text) =>
    text.includes('T') && !/-00(:?00)?$/.test(text.slice(10)) && DateTime.fromISO(text).isValid,
  duration: (text) =>
    Duration.fromISO(text).isValid &&
    /^P(\d+W|(?!.*W).+)$/.test(text) &&
    /\d/.test(text) &&
    !text.endsWith('T'),
  language: (text) => {
    // Well formed by RFC 5646 §2.1 («reserved for future use»), but no locale of Unicode (docs/decisions/0013).
    if (/^[A-Za-z]{4}$/.test(text)) return true
    try {
      return Intl.getCanonicalLocales(text).length === 1
    } catch {
      return false
    }
  },
  mediaType: (text) => /^[\w.+-]+\/[\w.+-]+(;.*)?$/.test(text),
  version: (text) => /^(1\.0|2\.0)(\.\d+)?$/.test(text),
}

const text = { type: 'string' }
const of = (format: string) => ({ type: 'string', format })
const ref = (name: string) => ({ $ref: `#/$defs/${name}` })
const closed = (properties: object, required: readonly string[] = [], rest: object = {}) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  ...rest,
})
const listOf = (items: object, rest: object = {}) => ({ type: 'array', items, ...rest })
const languageMap = { type: 'object', propertyNames: { format: 'language' }, additionalProperties: text }
const extensions = { type: 'object', propertyNames: { format: 'iri' } }

const IFIS = ['mbox', 'mbox_sha1sum', 'openid', 'account']
const identifiers = { mbox: of('mbox'), mbox_sha1sum: of('sha1'), openid: of('iri'), account: ref('account') }
const exactlyOne = { oneOf: IFIS.map((name) => ({ required: [name] })) }
const none = { not: { anyOf: IFIS.map((name) => ({ required: [name] })) } }
const group = closed(
  { objectType: { const: 'Group' }, name: text, ...identifiers, member: listOf(ref('agent')) },
  ['objectType'],
  {
    anyOf: [
      exactlyOne,
      { ...none, required: ['member'], properties: { member: { type: 'array', minItems: 1 } } },
    ],
  },
)

const COMPONENTS = ['choices', 'scale', 'source', 'target', 'steps']
const TYPES: Readonly<Record<string, readonly string[]>> = {
  choice: ['choices'],
  sequencing: ['choices'],
  likert: ['scale'],
  matching: ['source', 'target'],
  performance: ['steps'],
  'true-false': [],
  'fill-in': [],
  'long-fill-in': [],
  numeric: [],
  other: [],
}
const interaction = {
  if: { required: ['interactionType'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: {
    oneOf: Object.entries(TYPES).map(([type, allowed]) => ({
      properties: {
        interactionType: { const: type },
        ...Object.fromEntries(COMPONENTS.filter((one) => !allowed.includes(one)).map((one) => [one, false])),
      },
    })),
  },
  else: {
    properties: Object.fromEntries([...COMPONENTS, 'correctResponsesPattern'].map((name) => [name, false])),
  },
}

/** What is said of a statement and of a SubStatement alike. */
const common = (version: Version) => ({
  actor: ref('actor'),
  verb: closed({ id: of('iri'), display: languageMap }, ['id']),
  result: ref('result'),
  context: ref(`context${version}`),
  timestamp: of('timestamp'),
  attachments: listOf(ref('attachment')),
})

/** `revision` and `platform` only where the object is an Activity. */
const ofActivity = {
  if: {
    properties: {
      object: { required: ['objectType'], properties: { objectType: { not: { const: 'Activity' } } } },
    },
  },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { properties: { context: { properties: { revision: false, platform: false } } } },
}
const voiding = {
  if: {
    properties: {
      verb: { properties: { id: { const: 'http://adlnet.gov/expapi/verbs/voided' } }, required: ['id'] },
    },
  },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { properties: { object: ref('statementRef') } },
}
const objects = ['agent', 'group', 'statementRef'].map((name) => ({ required: ['objectType'], ...ref(name) }))

const context = (version: Version) =>
  closed({
    registration: of('uuid'),
    instructor: ref('actor'),
    team: group,
    contextActivities: closed(
      Object.fromEntries(
        ['parent', 'grouping', 'category', 'other'].map((name) => [
          name,
          { anyOf: [ref('activity'), listOf(ref('activity'))] },
        ]),
      ),
    ),
    revision: text,
    platform: text,
    language: of('language'),
    statement: ref('statementRef'),
    extensions,
    ...(version === '2.0.0' && {
      contextAgents: listOf(
        closed(
          {
            objectType: { const: 'contextAgent' },
            agent: ref('agent'),
            relevantTypes: listOf(of('iri'), { minItems: 1 }),
          },
          ['objectType', 'agent'],
        ),
      ),
      contextGroups: listOf(
        closed(
          {
            objectType: { const: 'contextGroup' },
            group: ref('group'),
            relevantTypes: listOf(of('iri'), { minItems: 1 }),
          },
          ['objectType', 'group'],
        ),
      ),
    }),
  })

const $defs = {
  account: closed({ homePage: of('iri'), name: text }, ['homePage', 'name']),
  agent: closed({ objectType: { const: 'Agent' }, name: text, ...identifiers }, [], exactlyOne),
  group,
  actor: {
    if: { required: ['objectType'], properties: { objectType: { const: 'Group' } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: group,
    else: ref('agent'),
  },
  activity: closed({ objectType: { const: 'Activity' }, id: of('iri'), definition: ref('definition') }, [
    'id',
  ]),
  statementRef: closed({ objectType: { const: 'StatementRef' }, id: of('uuid') }, ['objectType', 'id']),
  component: closed({ id: text, description: languageMap }, ['id']),
  definition: closed(
    {
      name: languageMap,
      description: languageMap,
      type: of('iri'),
      moreInfo: of('iri'),
      extensions,
      interactionType: { enum: Object.keys(TYPES) },
      correctResponsesPattern: listOf(text),
      ...Object.fromEntries(COMPONENTS.map((name) => [name, listOf(ref('component'))])),
    },
    [],
    interaction,
  ),
  result: closed({
    score: closed({
      scaled: { type: 'number', minimum: -1, maximum: 1 },
      raw: { type: 'number' },
      min: { type: 'number' },
      max: { type: 'number' },
    }),
    success: { type: 'boolean' },
    completion: { type: 'boolean' },
    response: text,
    duration: of('duration'),
    extensions,
  }),
  attachment: closed(
    {
      usageType: of('iri'),
      display: languageMap,
      description: languageMap,
      contentType: of('mediaType'),
      length: { type: 'integer', minimum: 0 },
      sha2: of('sha2'),
      fileUrl: of('iri'),
    },
    ['usageType', 'display', 'contentType', 'length', 'sha2'],
  ),
  'context1.0.3': context('1.0.3'),
  'context2.0.0': context('2.0.0'),
}

function schemaOf(version: Version): object {
  const sub = closed(
    {
      ...common(version),
      objectType: { const: 'SubStatement' },
      object: { anyOf: [ref('activity'), ...objects] },
    },
    ['objectType', 'actor', 'verb', 'object'],
    ofActivity,
  )
  return {
    $defs,
    ...closed(
      {
        ...common(version),
        id: of('uuid'),
        object: { anyOf: [ref('activity'), ...objects, sub] },
        stored: of('timestamp'),
        authority: {
          anyOf: [
            ref('agent'),
            { allOf: [group, none, { properties: { member: { minItems: 2, maxItems: 2 } } }] },
          ],
        },
        version: of('version'),
      },
      ['actor', 'verb', 'object'],
      { allOf: [ofActivity, voiding] },
    ),
  }
}

const ajv = new Ajv({ strict: false, formats })
const judges = { '1.0.3': ajv.compile(schemaOf('1.0.3')), '2.0.0': ajv.compile(schemaOf('2.0.0')) }

interface Score {
  readonly raw?: number
  readonly min?: number
  readonly max?: number
}

/** JSON Schema cannot compare two members: this is the rest. */
function inBounds(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  const { score, ...rest } = (value as { result?: { score?: Score } }).result ?? {}
  void rest
  const { raw, min = -Infinity, max = Infinity } = score ?? {}
  const ok = min < max && (raw === undefined || (raw >= min && raw <= max))
  return ok && inBounds((value as { object?: unknown }).object)
}

const hasTwice = (ids: readonly unknown[]) => new Set(ids).size !== ids.length

/** The ids of the components of one list differ. */
function distinct(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([name, inner]) => {
    if (COMPONENTS.includes(name) && Array.isArray(inner) && hasTwice(inner.map(({ id }) => id))) return false
    return name === 'extensions' || distinct(inner)
  })
}

export function oracle(value: unknown, version: Version): boolean {
  return judges[version](value) && inBounds(value) && distinct(value)
}
