/** Examples made from a policy's own rules: statements of which everything holds that a rule asks for. */
import type { LaunchMode } from '../../attempts/fact.ts'
import { resultExtensions, verbs } from '../../attempts/iris.ts'
import type { Statement } from '../../xapi/types.ts'
import type { MatchRule, Policy } from '../policy.ts'
import { ruleText } from '../rule-text.ts'
import type { Texts } from '../text-en.ts'
import { verbIris } from '../verbs.ts'
import { ANA, COURSE, SCORM, TOLD_VERBS } from './scenes.ts'
import { adds, type Moments, momentsOf, type Sent, type Story } from './story.ts'

const DAY = 86_400_000

/** A sentence, and what it tells of. */
export interface Told {
  readonly text: string
  readonly story: Story
}

/** One for each rule that no scene tells of, and what becomes of what counts under the rest of the policy. */
export function madeExamples(policy: Policy, texts: Texts): readonly Told[] {
  const { any } = policy.count
  const moments = momentsOf(policy)
  const needed = policy.count.atLeast?.n ?? 1
  const all = any.map((rule) => ({ rule, story: storyOf(policy, rule, moments.now) }))
  const own = all.filter(({ rule }) => needed > 1 || !isToldOf(rule))
  const counting = all.find(({ story }) => adds(policy, story))
  return [
    ...own.map(({ rule, story }) => ({ text: matchingText(policy, rule, texts), story })),
    ...(counting ? variations(policy, counting, moments, texts) : []),
  ]
}

/** A rule of use, or of one verb that the scenes have. */
function isToldOf(rule: MatchRule): boolean {
  const parts = Object.entries(rule).filter(([, part]) => part !== undefined)
  const [verb = ''] = verbIris(rule.verb ?? [])
  return parts.length === 1 && (rule.evidence === true || TOLD_VERBS.has(verb))
}

function matchingText({ count }: Policy, rule: MatchRule, texts: Texts): string {
  const { n, distinct } = count.atLeast ?? { n: 1, distinct: 'statement' as const }
  return texts.made.matching(ruleText(rule, texts), n, distinct)
}

/** As many statements as the policy asks for, a day apart, each of its own attempt; of different elements if it asks for that. */
function storyOf({ count }: Policy, rule: MatchRule, from: number): Story {
  const { n, distinct } = count.atLeast ?? { n: 1, distinct: 'statement' }
  const [element = COURSE.id] = rule.activity?.filter((id) => id !== '*') ?? []
  const elements = Array.from({ length: n }, (_, at) =>
    distinct === 'activity' && at > 0 && !rule.activity ? `${element}/${at}` : element,
  )
  const [credential] = rule.authority?.filter((id) => id !== '*') ?? []
  const [launchMode] = rule.launchMode ?? []
  const tags = rule.tag?.slice(0, 1)
  return {
    event: elements.map((id, at): Sent => {
      const sent = { statement: matching(rule, id), at: from + at * DAY }
      return credential === undefined ? sent : { ...sent, credential }
    }),
    launches: launchMode ? elements.map((id, at) => launchOf(id, launchMode, from + at * DAY)) : [],
    catalogue: tags
      ? elements.map((id) => ({
          id,
          name: 'Example',
          kind: 'xapi',
          utilizationTracking: 'complete-on-open',
          validFrom: 0,
          tags,
        }))
      : [],
    groups: rule.learnerIn?.slice(0, 1) ?? [],
  }
}

function launchOf(element: string, mode: LaunchMode, at: number) {
  return { element, origin: 'learner' as const, mode, at }
}

function matching(rule: MatchRule, id: string): Omit<Statement, 'timestamp'> {
  const [verb = verbs.initialized] = verbIris(rule.verb ?? [])
  const [type = COURSE.definition?.type] = rule.activityType?.filter((one) => one !== '*') ?? []
  const profiles = rule.profile?.filter((one) => one !== '*') ?? []
  const progress = rule.progressAtLeast === undefined ? undefined : Math.ceil(rule.progressAtLeast * 100)
  return {
    actor: ANA,
    verb: { id: verb },
    object: { id, ...(type !== undefined && { definition: { type } }) },
    context: { contextActivities: { category: [SCORM, ...profiles].map((one) => ({ id: one })) } },
    ...(progress !== undefined && { result: { extensions: { [resultExtensions.cmi5Progress]: progress } } }),
  }
}

/** What counts, and then: again, never, too late, too old, by somebody new. */
function variations(
  policy: Policy,
  { rule: counted, story: counting }: { readonly rule: MatchRule; readonly story: Story },
  moments: Moments,
  texts: Texts,
): readonly Told[] {
  const { made } = texts
  const { time, count } = policy
  const old = time.maxBackdateDays === null ? null : Math.floor(time.maxBackdateDays) + 1
  return [
    { text: made.again, story: again(counting, moments) },
    ...count.none
      .filter((rule) => !rule.verb || verbIris(rule.verb).length > 0)
      .map((rule) => ({
        text: made.excluded(ruleText(rule, texts)),
        story: storyOf(policy, { ...counted, ...rule }, moments.now),
      })),
    { text: made.late, story: { ...counting, late: true } },
    ...(old === null
      ? []
      : [
          {
            text: made.old(old),
            story: moved(counting, (one) => ({ ...one, received: one.at + old * DAY + 1_000 })),
          },
        ]),
    ...newcomer(policy, counting, moments, texts),
  ]
}

/** The same in an earlier window as well. */
function again(counting: Story, { earlier, now }: Moments): Story {
  const { event, launches = [] } = counting
  return {
    ...counting,
    before: moved(counting, (one) => ({ ...one, at: one.at - now + earlier })).event,
    event,
    launches: [...launches, ...launches.map((one) => ({ ...one, at: one.at - now + earlier }))],
  }
}

/** Where a learner must have been known for a while: somebody who first comes in the last minute. */
function newcomer({ count }: Policy, counting: Story, { now, end }: Moments, texts: Texts): readonly Told[] {
  if (count.minAgeHours === 0 || end === null || counting.event.length > 1) return []
  const shift = end - 60_000 - now
  const launches = counting.launches?.map((one) => ({ ...one, at: one.at + shift })) ?? []
  const story = { ...moved(counting, (one) => ({ ...one, at: one.at + shift })), launches }
  return [{ text: texts.made.newcomer, story }]
}

function moved(story: Story, change: (one: Sent) => Sent): Story {
  return { ...story, event: story.event.map(change) }
}
