/** Random statements. Few different values, so that queries hit. */
import fc from 'fast-check'
import type { ListQuery } from '../../src/xapi/query.ts'
import type { Activity, Actor, Agent, Context, Group, Statement, SubStatement } from '../../src/xapi/types.ts'

export { fc }

const PEOPLE: readonly Agent[] = [
  { mbox: 'mailto:Ana@example.org' },
  { mbox: 'mailto:Ana@EXAMPLE.org', name: 'Ana' },
  { mbox: 'mailto:ana@example.org' },
  { mbox_sha1sum: 'EBD31E95054C018B10727CCFFD2EF2EC3A016EE9', objectType: 'Agent' },
  { openid: 'https://id.example.org/ana' },
  { account: { homePage: 'https://lms.example.org', name: 'u-1' } },
  { account: { homePage: 'https://LMS.example.org:443/', name: 'u-1' }, name: 'One' },
  { account: { homePage: 'https://lms.example.org', name: 'U-1' } },
]
const ACTIVITY_IDS = [
  'https://lms.example.org/course/1',
  'https://LMS.example.org/course/1',
  'https://lms.example.org/x/../course/1',
  'https://lms.example.org/course/1/',
  `https://lms.example.org/${'long/'.repeat(20)}1`,
  'urn:x:1',
]
const VERBS = [
  'http://adlnet.gov/expapi/verbs/completed',
  'http://ADLNET.gov/expapi/verbs/completed',
  'urn:verb:2',
]
const REGISTRATIONS = [
  '3F6A1D0E-58C4-4F7B-9A3E-0C1D2E3F4A5B',
  '3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b',
  'a1b2c3d4-0000-1000-8000-00805f9b34fb',
]

/** Members that may be absent. */
function optional<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>
}

export const agent: fc.Arbitrary<Agent> = fc.constantFrom(...PEOPLE)
const group: fc.Arbitrary<Group> = fc.oneof(
  fc.record({
    objectType: fc.constant('Group' as const),
    member: fc.array(agent, { minLength: 1, maxLength: 3 }),
  }),
  fc
    .tuple(agent, fc.array(agent, { maxLength: 2 }))
    .map(([{ name: _, objectType: __, ...identifier }, member]) => ({
      ...identifier,
      objectType: 'Group' as const,
      member,
    })),
)
export const actor: fc.Arbitrary<Actor> = fc.oneof(agent, group)
const activity: fc.Arbitrary<Activity> = fc.constantFrom(...ACTIVITY_IDS).map((id) => ({ id }))
const activities = fc.oneof(activity, fc.array(activity, { maxLength: 2 }))

const context: fc.Arbitrary<Context> = optional<Context>({
  registration: fc.constantFrom(...REGISTRATIONS),
  instructor: actor,
  team: group,
  contextActivities: optional({
    parent: activities,
    grouping: activities,
    category: activities,
    other: activities,
  }),
  contextAgents: fc.array(
    agent.map((one) => ({ objectType: 'contextAgent' as const, agent: one })),
    { maxLength: 2 },
  ),
  contextGroups: fc.array(
    group.map((one) => ({ objectType: 'contextGroup' as const, group: one })),
    { maxLength: 1 },
  ),
})

const plainObject = fc.oneof(
  activity,
  agent.map((one) => ({ ...one, objectType: 'Agent' as const })),
  group,
  fc.constantFrom(...REGISTRATIONS).map((id) => ({ objectType: 'StatementRef' as const, id })),
)
const verb = fc.constantFrom(...VERBS).map((id) => ({ id }))
const subStatement: fc.Arbitrary<SubStatement> = fc
  .record({ actor, verb, object: plainObject, context: fc.option(context, { nil: undefined }) })
  .map(({ context: some, ...rest }) => ({
    objectType: 'SubStatement',
    ...rest,
    ...(some ? { context: some } : {}),
  }))

export const statement: fc.Arbitrary<Statement> = fc
  .record({
    actor,
    verb,
    object: fc.oneof({ weight: 2, arbitrary: plainObject }, { weight: 1, arbitrary: subStatement }),
    context: fc.option(context, { nil: undefined }),
  })
  .map(({ context: some, ...rest }) => ({ ...rest, ...(some ? { context: some } : {}) }))

/** A list query in canonical form, without times. */
export const listQuery = (identifierOf: (one: Agent) => string | null): fc.Arbitrary<ListQuery> =>
  fc
    .tuple(
      optional<{ agent: string; verb: string; activity: string; registration: string }>({
        agent: agent.map((one) => identifierOf(one) as string),
        verb: fc.constantFrom(...VERBS),
        activity: fc.constantFrom(...ACTIVITY_IDS),
        registration: fc.constantFrom(...REGISTRATIONS).map((one) => one.toLowerCase()),
      }),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([filters, relatedAgents, relatedActivities]) => ({
      kind: 'list',
      ...filters,
      relatedAgents,
      relatedActivities,
      limit: 0,
      format: 'exact',
      attachments: false,
      ascending: false,
    }))
