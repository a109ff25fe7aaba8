import type { MatchRule } from './policy.ts'
import type { Texts } from './text-en.ts'
import { isIri, verbIris } from './verbs.ts'

/** A match rule in words: all parts that are given must hold. */
export function ruleText(rule: MatchRule, texts: Texts): string {
  const { parts } = texts
  const {
    evidence,
    verb,
    activityType,
    activity,
    profile,
    tag,
    launchMode,
    authority,
    learnerIn,
    progressAtLeast,
  } = rule
  return [
    evidence && parts.evidence(),
    verb && parts.verb(verb.map((entry) => (isIri(entry) ? entry : texts.group(entry, verbIris([entry]))))),
    activityType && parts.activityType(activityType),
    activity && parts.activity(activity),
    profile && parts.profile(profile),
    tag && parts.tag(tag),
    launchMode && parts.launchMode(launchMode),
    authority && parts.authority(authority),
    learnerIn && parts.learnerIn(learnerIn),
    progressAtLeast !== undefined && parts.progressAtLeast(progressAtLeast),
  ]
    .filter((part) => typeof part === 'string')
    .join(texts.and)
    .concat(evidence ? '' : texts.whateverElement)
}
