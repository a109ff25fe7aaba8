/** Single IRIs that rules name; lists are in statements/vocabulary/. */
const ADL_VERBS = 'http://adlnet.gov/expapi/verbs/'

export const verbs = {
  initialized: `${ADL_VERBS}initialized`,
  resumed: `${ADL_VERBS}resumed`,
  suspended: `${ADL_VERBS}suspended`,
  terminated: `${ADL_VERBS}terminated`,
  completed: `${ADL_VERBS}completed`,
  passed: `${ADL_VERBS}passed`,
  failed: `${ADL_VERBS}failed`,
  progressed: `${ADL_VERBS}progressed`,
} as const

export const contextExtensions = {
  /** cmi5 §9.6.3.1: one launch. */
  session: 'https://w3id.org/xapi/cmi5/context/extensions/sessionid',
  /** cmi5 §9.6.3.2, lower case although the state document says `launchMode`. */
  launchMode: 'https://w3id.org/xapi/cmi5/context/extensions/launchmode',
  attempt: 'http://id.tincanapi.com/extension/attempt-id',
  videoSession: 'https://w3id.org/xapi/video/extensions/session-id',
} as const

export const resultExtensions = {
  /** cmi5 §9.5.5: per cent. */
  cmi5Progress: 'https://w3id.org/xapi/cmi5/result/extensions/progress',
  /** Video profile: 0..1. */
  videoProgress: 'https://w3id.org/xapi/video/extensions/progress',
} as const
