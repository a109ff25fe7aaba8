/** The words for administrators: one sentence per reason, used by explain, decision and review. */
import type { Attempt, ElementRule, Obstacle } from './derivation.ts'

const obstacleTexts: Readonly<Record<Obstacle, string>> = {
  'group-without-members': 'The actor is a group that names no members, so it is nobody in particular.',
  'administrative-verb':
    'The verb reports administration (enrolment, grading, log-in and the like), not use.',
  'not-a-person': 'The actor is not a person: a guest, a test user or an anonymous placeholder.',
  credential: 'It was sent with a preview key.',
  'launch-record': 'The LMS reported that the launch came from the administrators’ catalogue.',
  'cmi5-browse': 'The LMS launched the session in Browse mode, which is a preview.',
  'scorm-browse': 'The LMS launched the content in browse mode, which is a preview.',
  marker: 'The LMS marked the launch as one from the administrators’ catalogue.',
  'unverified-preview': 'It says it is a preview, but with a key that is not the LMS’s; listed for review.',
  resource: 'The element is a resource or its utilization tracking is set to none.',
  'launched-only': 'The launch was requested; that the content opened is for other statements to say.',
  'not-content': 'It is not about using a learning element.',
  duplicate: 'It repeats another statement that was sent without an id.',
  voided: 'It was voided: it is left out of reports but still counts unless the policy says otherwise.',
}

const elementRuleTexts: Readonly<Record<ElementRule, string>> = {
  scorm: 'The element is SCORM content, which is always tracked.',
  catalogue: 'The element catalogue decides for this element.',
  package: 'The element is a cmi5 or Tin Can package, tracked unless the catalogue says otherwise.',
  type: 'The activity type of the element decides.',
  default: 'Nothing is known of the element, so it is tracked; listed for review.',
}

/** Why an attempt is tracked, or why it is not. */
export function reasonText(reason: Attempt['reason']): string {
  return reason === 'tracked' ? 'A learner used a tracked element.' : obstacleTexts[reason]
}

/** Which rule decided that the element is tracked or not, in words. */
export function elementRuleText(rule: ElementRule): string {
  return elementRuleTexts[rule]
}
