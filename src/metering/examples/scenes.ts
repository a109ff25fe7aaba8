/** What happens in every LMS, as its statements tell it. Which of it counts is the policy's own word (examples.ts). */
import { contextExtensions, verbs } from '../../attempts/iris.ts'
import { LAUNCH_ORIGIN } from '../../attempts/namespace.ts'
import type { Activity, Context, Statement } from '../../xapi/types.ts'
import type { Texts } from '../text-en.ts'
import type { Moments, Sent, Story } from './story.ts'

const ADL_VERBS = 'http://adlnet.gov/expapi/verbs'
const ADL_TYPES = 'http://adlnet.gov/expapi/activities'
const HOST = 'https://lms.example.org'

export const ANA = { account: { homePage: HOST, name: 'ana' } }
const BEN = { account: { homePage: HOST, name: 'ben' } }

export const COURSE: Activity = { id: `${HOST}/course/1`, definition: { type: `${ADL_TYPES}/lesson` } }
export const SCORM = 'https://w3id.org/xapi/scorm'
const CMI5 = 'https://w3id.org/xapi/cmi5/context/categories/cmi5'

const scorm: Context = { contextActivities: { category: [{ id: SCORM }] } }
/** One attempt, so that a resume is known to belong to its start. */
const attempt: Context = {
  contextActivities: {
    category: [{ id: SCORM }],
    grouping: [
      {
        id: `${COURSE.id}?attemptId=7c0b1a52-5f0e-4f0a-9d6c-1f5c8a3b2d10`,
        definition: { type: `${ADL_TYPES}/attempt` },
      },
    ],
  },
}

function said(verb: string, more: Partial<Statement> = {}): Sent['statement'] {
  return { actor: ANA, verb: { id: verb }, object: COURSE, context: scorm, ...more }
}

const opened = said(verbs.initialized)

/** A statement of a cmi5 session. */
function ofSession(verb: string, extensions: Readonly<Record<string, unknown>> = {}): Sent['statement'] {
  const context: Context = {
    registration: '3f0a9f0e-7b1c-4c58-9c0e-2b8a5d4c6e71',
    contextActivities: { category: [{ id: CMI5 }] },
    extensions: { [contextExtensions.session]: 'example-session', ...extensions },
  }
  return said(verb, { context })
}

/** The LMS says how it launched a cmi5 session, and the content opens, or does not. */
function launched(now: number, mode: string, opens: boolean): readonly Sent[] {
  const launch = ofSession(`${ADL_VERBS}/launched`, { [contextExtensions.launchMode]: mode })
  return [
    { statement: launch, at: now, purpose: 'lms' },
    ...(opens ? [{ statement: ofSession(verbs.initialized), at: now + 1_000 }] : []),
  ]
}

/** An Activity that the catalogue knows with this setting. */
function inCatalogue(
  { id }: Activity,
  kind: 'xapi' | 'ilt',
  utilizationTracking: 'complete-on-open' | 'none',
) {
  return [{ id, name: 'Example', kind, utilizationTracking, validFrom: 0 }]
}

export type Scene = keyof Texts['examples']

type Telling = (moments: Moments) => Story

/** One statement, now. */
const once =
  (statement: Sent['statement'], more: Omit<Story, 'event'> = {}): Telling =>
  ({ now }) => ({ event: [{ statement, at: now }], ...more })

const launchedFrom =
  (origin: 'learner' | 'admin-catalog'): Telling =>
  ({ now }) => ({
    event: [{ statement: opened, at: now }],
    launches: [{ element: COURSE.id, origin, at: now }],
  })

const ILT: Activity = { id: `${HOST}/ilt/1`, definition: { type: `${ADL_TYPES}/meeting` } }
const PAGE: Activity = { id: `${HOST}/pages/2` }
const FILE: Activity = { id: `${HOST}/files/3`, definition: { type: `${ADL_TYPES}/file` } }
const LMS: Activity = { id: `${HOST}/` }
/** Without the mark of a profile. */
const plain = { context: {} }

export const SCENES: Readonly<Record<Scene, Telling>> = {
  registered: once(said(`${ADL_VERBS}/registered`)),
  signedIn: once(said('https://w3id.org/xapi/adl/verbs/logged-in', { ...plain, object: LMS })),
  opened: once(opened),
  adminAsLearner: launchedFrom('learner'),
  // As the SCORM profile has it: the resume bears the time of the start (counting §1.5, 3).
  resumed: ({ earlier, now }) => ({
    before: [{ statement: said(verbs.initialized, { context: attempt }), at: earlier }],
    event: [{ statement: said(verbs.resumed, { context: attempt }), at: earlier, received: now }],
  }),
  completed: once(said(verbs.completed, { result: { completion: true } })),
  accessed: once(
    said('https://w3id.org/xapi/netc/verbs/accessed', {
      object: PAGE,
      context: { contextActivities: { parent: [COURSE] } },
    }),
    { catalogue: inCatalogue(COURSE, 'xapi', 'complete-on-open') },
  ),
  resource: once(said('http://id.tincanapi.com/verb/viewed', { ...plain, object: FILE })),
  attended: once(said(`${ADL_VERBS}/attended`, { ...plain, object: ILT }), {
    catalogue: inCatalogue(ILT, 'ilt', 'none'),
  }),
  together: once({ ...opened, actor: { objectType: 'Group', member: [ANA, BEN] } }),
  catalogue: launchedFrom('admin-catalog'),
  browse: ({ now }) => ({ event: launched(now, 'Browse', true) }),
  unverified: once(
    said(verbs.initialized, { context: { ...scorm, extensions: { [LAUNCH_ORIGIN]: 'admin-catalog' } } }),
  ),
  unknownMode: once(ofSession(verbs.initialized)),
  blocked: ({ now }) => ({ event: launched(now, 'Normal', false) }),
  deleted: ({ now }) => ({ event: [{ statement: opened, at: now, voided: true }] }),
  // Counts unless `none` has a rule for them (F8).
  testAccount: once(opened, { groups: ['test-accounts'] }),
  nobody: once({ ...opened, actor: { account: { homePage: HOST, name: 'anonymous' } } }),
}

/** Verbs that a scene tells of, so that a rule on one of them needs no example of its own. */
export const TOLD_VERBS: ReadonlySet<string> = new Set([
  verbs.initialized,
  verbs.resumed,
  verbs.completed,
  'https://w3id.org/xapi/netc/verbs/accessed',
  `${ADL_VERBS}/attended`,
  'https://w3id.org/xapi/adl/verbs/logged-in',
])
