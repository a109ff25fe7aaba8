/** What an administrator sets up before the year begins: policies, credentials, the catalogue. */
import type { Purpose } from '../attempts/fact.ts'
import type { Policy } from '../metering/policy.ts'
import { preset } from '../metering/presets.ts'
import { type Api, DemoError } from './api.ts'
import type { Plan } from './plan.ts'
import { CATALOGUE } from './recipes.ts'
import type { Keys } from './send.ts'

/** Limits as parts of all learners: one window nearly used up, one over, one with room. */
const POLICIES = [
  { name: 'accord-12m', share: 0.92 },
  { name: 'accord-3m', share: 0.4 },
  { name: 'accord-1m', share: 0.6 },
] as const

const ALERTS = ['80%', '90%', '100%'].map((at) => ({ at }))

/** The policies of the demo, their windows starting at the plan's anchor. */
function policiesFor({ anchor, people }: Pick<Plan, 'anchor' | 'people'>): readonly object[] {
  return POLICIES.map(({ name, share }) => {
    const policy = preset(name)
    if (!policy) throw new DemoError(`there is no preset ${name}`)
    return {
      ...policy,
      window: { ...policy.window, anchor: new Date(anchor).toISOString().slice(0, 10) },
      limit: { ...policy.limit, included: Math.round(people.length * share) },
      alerts: ALERTS,
    } satisfies object & Partial<Record<keyof Policy, unknown>>
  })
}

export const policyIds: readonly string[] = POLICIES.map(({ name }) => name)

const SCOPES = {
  preview: ['statements/write'],
  lms: ['statements/write', 'launches', 'elements', 'aliases'],
} as const satisfies Partial<Record<Purpose, readonly string[]>>

export type MadeKeys = Readonly<Record<keyof typeof SCOPES, Keys>>

/** Policies and the credentials that are not there from the first start. */
export async function setUp(administrator: Api, plan: Plan): Promise<MadeKeys> {
  for (const policy of policiesFor(plan)) await administrator.send('POST', '/policies', policy)
  const make = (purpose: keyof typeof SCOPES, label: string): Promise<Keys> =>
    administrator.send('POST', '/credentials', { label, purpose, scopes: SCOPES[purpose] })
  return {
    preview: await make('preview', 'LMS, catalogue preview'),
    lms: await make('lms', 'LMS plugin'),
  }
}

/** What the LMS plugin feeds: its catalogue, and which identifiers are one person. */
export async function feed(lms: Api, { people }: Plan): Promise<void> {
  await lms.send('PUT', '/elements', CATALOGUE)
  const joined = people.filter(({ homes }) => homes.length > 1)
  const aliases = joined.map(({ agents, homes }) => ({ identities: homes.map((home) => agents[home]) }))
  await lms.send('PUT', '/aliases', aliases)
}
