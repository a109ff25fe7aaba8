/** Statements near the border of validity: whole ones in which a few things are changed, taken away, or put where they do not belong. */
import { fc } from './arbitraries.ts'
import { FULL, SUB } from './sample.ts'

type Node = Record<string, unknown> | unknown[]

/** What may stand anywhere: right somewhere, wrong elsewhere. */
const VALUES: readonly unknown[] = [
  null,
  '',
  'x',
  0,
  1,
  -1,
  1.5,
  true,
  false,
  [],
  {},
  ['a'],
  { en: 'a' },
  { '': 'a' },
  { 'not a tag': 'a' },
  { en: 1 },
  'https://example.org/x',
  'example.org',
  'https://example.org/a b',
  'mailto:a@example.org',
  'mailto:a',
  'a@example.org',
  '3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b',
  '3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5',
  '{3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b}',
  'ebd31e95054c018b10727ccffd2ef2ec3a016ee9',
  'a'.repeat(64),
  'z'.repeat(64),
  'text/plain',
  'application/octet-stream',
  'Agent',
  'Group',
  'Activity',
  'StatementRef',
  'SubStatement',
  'agent',
  'choice',
  'likert',
  'other',
  'Choice',
  'PT1S',
  'P1W',
  'P1W1D',
  'PT',
  'P',
  'P1DT2H',
  'PT1.5S',
  '1.0.3',
  '1.0',
  '2.0.0',
  '1.1.0',
  '0.9',
  '2026-03-01T09:00:00Z',
  '2026-02-30T09:00:00Z',
  '2026-03-01',
  '2026-03-01T09:00:00+01:00',
  '2026-03-01T09:00:00-00:00',
  'en',
  'en-GB',
  'zh-Hans-CN',
  'english language',
  'abcdefghi',
  { mbox: 'mailto:a@example.org' },
  { openid: 'https://id.example.org/a', name: 'A' },
  { name: 'nobody' },
  { account: { homePage: 'https://lms.example.org', name: 'a' } },
  { account: { name: 'a' } },
  { objectType: 'Group', member: [{ mbox: 'mailto:a@example.org' }] },
  { objectType: 'Group', member: [] },
  { objectType: 'Group', mbox: 'mailto:g@example.org' },
  { objectType: 'Group', member: [{ mbox: 'mailto:a@example.org' }, { mbox: 'mailto:b@example.org' }] },
  { id: 'https://example.org/a' },
  { objectType: 'Activity', id: 'https://example.org/a' },
  { objectType: 'StatementRef', id: '3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b' },
  { id: 'http://adlnet.gov/expapi/verbs/voided' },
  { min: 0, max: 0 },
  { scaled: 1.1 },
  { raw: 11, max: 10 },
  { 'https://example.org/x': null },
  [{ id: 'a' }],
  [{ id: 'a' }, { id: 'a' }],
  [{ objectType: 'contextAgent', agent: { mbox: 'mailto:a@example.org' } }],
  [{ objectType: 'contextAgent', agent: { mbox: 'mailto:a@example.org' }, relevantTypes: [] }],
]
const NAMES = [
  'id',
  'name',
  'objectType',
  'mbox',
  'mbox_sha1sum',
  'openid',
  'account',
  'member',
  'display',
  'definition',
  'description',
  'type',
  'moreInfo',
  'extensions',
  'interactionType',
  'correctResponsesPattern',
  'choices',
  'scale',
  'source',
  'steps',
  'score',
  'scaled',
  'raw',
  'min',
  'max',
  'success',
  'response',
  'duration',
  'registration',
  'instructor',
  'team',
  'contextActivities',
  'parent',
  'revision',
  'platform',
  'language',
  'statement',
  'contextAgents',
  'timestamp',
  'stored',
  'version',
  'authority',
  'attachments',
  'length',
  'sha2',
  'fileUrl',
  'Verb',
  'unknown',
]

type Change =
  | { readonly kind: 'set'; readonly at: number; readonly value: unknown }
  | { readonly kind: 'remove'; readonly at: number }
  | { readonly kind: 'add'; readonly at: number; readonly name: string; readonly value: unknown }

const at = fc.nat({ max: 10_000 })
const value = fc.constantFrom(...VALUES)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at, value }),
  fc.record({ kind: fc.constant('remove' as const), at }),
  fc.record({ kind: fc.constant('add' as const), at, name: fc.constantFrom(...NAMES), value }),
)
const BASES = [
  FULL,
  { ...FULL, object: SUB, context: {} },
  { actor: FULL.actor, verb: FULL.verb, object: FULL.object },
]

/** Places that can be changed: every member and element, extensions' values apart (they are free). */
function placesIn(node: Node, found: [Node, string | number][] = []): [Node, string | number][] {
  for (const [name, inner] of Object.entries(node)) {
    found.push([node, Array.isArray(node) ? Number(name) : name])
    if (typeof inner === 'object' && inner !== null && name !== 'extensions') placesIn(inner as Node, found)
  }
  return found
}

function apply(statement: Node, one: Change): void {
  const places = placesIn(statement)
  const place = places[one.at % Math.max(1, places.length)]
  if (place === undefined) return
  const [node, name] = place as [Record<string | number, unknown>, string | number]
  if (one.kind === 'set') node[name] = structuredClone(one.value)
  else if (one.kind === 'add' && !Array.isArray(node)) node[one.name] = structuredClone(one.value)
  else if (Array.isArray(node)) node.splice(Number(name), 1)
  else delete node[name]
}

export const nearlyValid: fc.Arbitrary<unknown> = fc
  .tuple(fc.constantFrom(...BASES), fc.array(change, { maxLength: 3 }))
  .map(([base, changes]) => {
    const statement = structuredClone(base) as Node
    for (const one of changes) apply(statement, one)
    return statement
  })
