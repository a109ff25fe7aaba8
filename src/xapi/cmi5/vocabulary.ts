/** The IRIs of cmi5 (Quartz, 1st edition). */
const ADL = 'http://adlnet.gov/expapi/verbs/'
const ADL_PROFILE = 'https://w3id.org/xapi/adl/verbs/'
const CATEGORIES = 'https://w3id.org/xapi/cmi5/context/categories/'
const EXTENSIONS = 'https://w3id.org/xapi/cmi5/context/extensions/'

export const CMI5_CATEGORY = `${CATEGORIES}cmi5`
export const MOVE_ON_CATEGORY = `${CATEGORIES}moveon`

export const cmi5Extensions = {
  sessionId: `${EXTENSIONS}sessionid`,
  masteryScore: `${EXTENSIONS}masteryscore`,
  launchMode: `${EXTENSIONS}launchmode`,
  launchUrl: `${EXTENSIONS}launchurl`,
  moveOn: `${EXTENSIONS}moveon`,
  launchParameters: `${EXTENSIONS}launchparameters`,
} as const

export const cmi5ResultExtensions = {
  progress: 'https://w3id.org/xapi/cmi5/result/extensions/progress',
  reason: 'https://w3id.org/xapi/cmi5/result/extensions/reason',
} as const

export const cmi5Types = {
  block: 'https://w3id.org/xapi/cmi5/activitytype/block',
  course: 'https://w3id.org/xapi/cmi5/activitytype/course',
} as const

/** The nine verbs of cmi5 §9.3 by IRI. */
export const CMI5_VERBS = {
  [`${ADL}launched`]: 'launched',
  [`${ADL}initialized`]: 'initialized',
  [`${ADL}completed`]: 'completed',
  [`${ADL}passed`]: 'passed',
  [`${ADL}failed`]: 'failed',
  [`${ADL}terminated`]: 'terminated',
  [`${ADL_PROFILE}abandoned`]: 'abandoned',
  [`${ADL_PROFILE}waived`]: 'waived',
  [`${ADL_PROFILE}satisfied`]: 'satisfied',
} as const

export type Cmi5Verb = (typeof CMI5_VERBS)[keyof typeof CMI5_VERBS]

export const LAUNCHED = `${ADL}launched`

export function cmi5VerbOf(iri: string): Cmi5Verb | null {
  return Object.hasOwn(CMI5_VERBS, iri) ? (CMI5_VERBS[iri as keyof typeof CMI5_VERBS] as Cmi5Verb) : null
}

/** Only the LMS writes these (cmi5 §9.3). */
export const LMS_VERBS: ReadonlySet<Cmi5Verb> = new Set(['launched', 'abandoned', 'waived', 'satisfied'])
