/** Planned roll-outs as they are asked about: whom they reach, and how many of those by the end of a window (F6). */
import { z } from 'zod'
import type { Window } from '../../metering/count.ts'
import { PRIOR_RATE, type Rollout, shareWithin } from '../../metering/forecast/rollout.ts'
import { countsSeveralKeys } from '../../metering/keys.ts'
import type { Policy } from '../../metering/policy.ts'
import type { GroupRef, TenantId } from '../../store/ports.ts'
import { instantOf, isTimestamp } from '../../xapi/formats.ts'
import type { Lrs } from '../context.ts'
import { malformedAt, Refusal } from '../refusal.ts'

const REQUIREMENT = 'POST /forecasts, counting.md F6'
/** Learners one roll-out may name; teams and roles may be larger. */
const MOST_PEOPLE = 20_000
const PAGE = 1_000

const text = z.string().min(1)
const instant = z
  .string()
  .refine((given) => isTimestamp(given), 'must be an ISO 8601 timestamp')
  .transform((given) => instantOf(given))

export const rolloutInput = z
  .strictObject({
    /** Learner ids. */
    learners: z.array(text).max(MOST_PEOPLE).default([]),
    team: text.optional(),
    role: text.optional(),
    /** People nobody has seen before. */
    newPeople: z.int().min(0).max(10_000_000).default(0),
    starts: instant.optional(),
    due: instant.optional(),
    /** Share of them that will open it by `due`, 0 to 1. */
    rate: z.number().min(0).max(1).default(PRIOR_RATE),
    /** Months each of them goes on: those who do at a boundary count in both windows (A17). */
    lastsMonths: z.number().min(0).max(120).default(0),
  })
  .refine(
    ({ learners, team, role, newPeople }) => learners.length > 0 || team || role || newPeople > 0,
    'must name learners, a team, a role or a number of newPeople',
  )
  .refine(({ starts, due }) => starts === undefined || due === undefined || starts < due, {
    path: ['due'],
    error: 'must be later than starts',
  })

export type RolloutInput = z.infer<typeof rolloutInput>

/** Whom each roll-out is about, each person once. */
export async function plannedOf(
  lrs: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  policy: Policy,
  rollouts: readonly RolloutInput[],
): Promise<readonly (readonly string[])[]> {
  if (rollouts.length > 0 && countsSeveralKeys(policy)) {
    const message =
      'a roll-out can only be planned under policies that count learners, not several keys of each'
    throw new Refusal('not-yet-available', message)
  }
  const found: string[][] = []
  for (const [index, one] of rollouts.entries()) {
    const people = new Set(await knownLearners(lrs, tenant, one.learners, index))
    for (const person of await members(lrs, tenant, one)) people.add(person)
    found.push([...people])
  }
  return found
}

async function knownLearners(
  { stores }: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  learners: readonly string[],
  index: number,
): Promise<readonly string[]> {
  const found: string[] = []
  for (const learner of learners) {
    const known = await stores.identities.learner(tenant, learner)
    if (!known)
      throw malformedAt(`$.rollouts.${index}.learners`, `there is no learner «${learner}»`, REQUIREMENT)
    found.push(known.id)
  }
  return found
}

async function members(
  { stores }: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  { team, role }: RolloutInput,
): Promise<readonly string[]> {
  const groups: GroupRef[] = []
  if (team !== undefined) groups.push({ kind: 'team', name: team })
  if (role !== undefined) groups.push({ kind: 'role', name: role })
  const [first, ...others] = groups
  if (!first) return []
  const found: string[] = []
  let cursor: string | undefined
  do {
    const page = await stores.profiles.members(tenant, [first, ...others], {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    })
    found.push(...page.items.map(({ id }) => id))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return found
}

/** What is ahead of it and within the window counts. */
export function withinWindow(
  people: readonly string[],
  { newPeople, rate, starts, due }: RolloutInput,
  now: number,
  { end }: Window,
): Rollout {
  return { people, newPeople, rate: rate * shareWithin({ starts, due }, now, end) }
}
