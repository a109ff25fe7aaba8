/** Statements of about 1.2 KB as an LMS sends them, made quickly: the same number always gives the same one, but for its id. */
import { randomUUID } from 'node:crypto'

export const LEARNERS = 10_000
const COURSES = 200
const START = Date.UTC(2026, 0, 5)
/** Statements of one learner in one session. */
export const SESSION = 6
const VERBS = ['initialized', 'answered', 'progressed', 'answered', 'completed', 'terminated']
const FILLER =
  'The learner has read the safety instructions of this page and confirmed every one of them. '.repeat(4)

export const agentOf = (number: number) => ({
  account: { homePage: 'https://lms.example.org', name: `u-${number % LEARNERS}` },
})

/** How many learners the first so many statements speak of. */
export function learnersIn(statements: number): number {
  return Math.min(LEARNERS, Math.ceil(statements / SESSION))
}

/** JSON text. Learners take turns; each turn is one session of six statements in one course. */
export function statementText(number: number, id: string = randomUUID(), learners = LEARNERS): string {
  const session = Math.floor(number / SESSION)
  const learner = session % learners
  const turn = Math.floor(session / learners)
  const course = (learner + turn) % COURSES
  const verb = VERBS[number % VERBS.length] as string
  const at = new Date(START + turn * 86_400_000 + (number % 600) * 1000).toISOString()
  return `{"id":"${id}","actor":{"objectType":"Agent","name":"Learner ${learner}","account":{"homePage":"https://lms.example.org","name":"u-${learner}"}},"verb":{"id":"http://adlnet.gov/expapi/verbs/${verb}","display":{"en":"${verb}"}},"object":{"objectType":"Activity","id":"https://lms.example.org/c/${course}/sco1","definition":{"type":"http://adlnet.gov/expapi/activities/lesson","name":{"en":"Course ${course}","de":"Kurs ${course}"},"description":{"en":"${FILLER}"}}},"result":{"score":{"scaled":0.${1 + (number % 9)}},"duration":"PT${1 + (number % 50)}M"},"context":{"contextActivities":{"grouping":[{"id":"https://lms.example.org/c/${course}"}],"category":[{"id":"https://w3id.org/xapi/scorm"}]},"platform":"LMS","language":"en"},"timestamp":"${at}"}`
}

/** Windows of a year, three months and one; none closes by itself. */
export const THREE_POLICIES = [
  { id: 'year', window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' } },
  {
    id: 'quarter',
    window: { kind: 'anchored', length: { months: 3 }, anchor: '2026-01-01', timeZone: 'Europe/Berlin' },
  },
  { id: 'month', window: { kind: 'calendar', length: { months: 1 } } },
].map((policy) => ({
  schema: 1,
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  close: { graceHours: 800_000 },
  ...policy,
}))
