/** Who does what when, in the year of the demo. Pure: the same options give the same plan. */
import { DAY, HOUR, learningMoment, monthStart, monthsBetween } from './calendar.ts'
import { type Habit, type Home, makePeople, type Person } from './people.ts'
import { createRandom, type Random } from './random.ts'

/** What a visit looks like from outside; recipes.ts says which sample statements it is made from. */
export type VisitKind =
  | 'scorm'
  | 'scorm-pages'
  | 'cmi5'
  | 'cmi5-progress'
  | 'cmi5-review'
  | 'rustici'
  | 'video'
  | 'moodle-scorm'
  | 'moodle-quiz'
  | 'storyline'
  | 'rise'
  | 'iseazy'
  | 'h5p'
  | 'page'
  | 'untracked-video'
  | 'cmi5-browse'
  | 'preview-key'
  | 'launch-record'
  | 'enrolment'
  | 'guest'

export interface Visit {
  /** Unique in the plan: ids and sessions are made from it. */
  readonly key: string
  readonly kind: VisitKind
  /** Null for a guest, who is nobody. */
  readonly person: number | null
  /** Which LMS it happens in, and so which of the person's identifiers. */
  readonly home: Home
  /** ms. */
  readonly at: number
  /** The answer got lost, and the sender repeats the whole batch. */
  readonly sentTwice: boolean
}

export interface Plan {
  /** First of the month eleven months before `now`: the policies' anchor. */
  readonly anchor: number
  readonly people: readonly Person[]
  /** Ascending by time. */
  readonly visits: readonly Visit[]
}

export interface PlanOptions {
  /** ms. */
  readonly now: number
  readonly seed: number
  readonly learners: number
}

const MONTHS = 12
/** Nobody is in the middle of something when the demo starts. */
const QUIET_BEFORE_NOW = 3 * HOUR
const FORMER_DAYS = 60
const SENT_TWICE = 0.05
const ADMINISTRATORS_LOOK = 8

export function planYear({ now, seed, learners }: PlanOptions): Plan {
  const random = createRandom(seed)
  const anchor = monthStart(now, 1 - MONTHS)
  const people = makePeople(random, learners)
  const year: Year = { random, from: anchor, to: now - QUIET_BEFORE_NOW }
  const visits = [
    ...people.flatMap((person) => visitsOf(person, year)),
    ...guests(year, Math.ceil(learners / 20)),
  ]
  return { anchor, people, visits: visits.sort((a, b) => a.at - b.at || (a.key < b.key ? -1 : 1)) }
}

interface Year {
  readonly random: Random
  readonly from: number
  readonly to: number
}

/** Kinds a learner of each home may choose, by weight. */
const USES = {
  account: [
    { kind: 'scorm', weight: 20 },
    { kind: 'scorm-pages', weight: 12 },
    { kind: 'cmi5', weight: 18 },
    { kind: 'cmi5-progress', weight: 12 },
    { kind: 'video', weight: 16 },
    { kind: 'rustici', weight: 8 },
    { kind: 'cmi5-review', weight: 4 },
  ],
  mailbox: [
    { kind: 'moodle-scorm', weight: 30 },
    { kind: 'moodle-quiz', weight: 20 },
    { kind: 'storyline', weight: 10 },
    { kind: 'rise', weight: 10 },
    { kind: 'iseazy', weight: 10 },
    { kind: 'h5p', weight: 20 },
  ],
} as const satisfies Record<Home, readonly { kind: VisitKind; weight: number }[]>

const UNTRACKED = [
  { kind: 'page', weight: 3 },
  { kind: 'untracked-video', weight: 1 },
] as const satisfies readonly { kind: VisitKind; weight: number }[]

const PREVIEWS = [
  { kind: 'cmi5-browse', weight: 1 },
  { kind: 'preview-key', weight: 1 },
  { kind: 'launch-record', weight: 1 },
] as const satisfies readonly { kind: VisitKind; weight: number }[]

const UNTRACKED_SHARE = 0.12

function visitsOf(person: Person, year: Year): readonly Visit[] {
  const { random } = year
  const uses = timesOf(person.habit, year).map((at, index) => chooseUse(person, { at, index }, random))
  const looks = person.administrator ? previews(year) : []
  const moments = [enrolment(person, year), ...uses, ...looks].filter(({ at }) => at < year.to)
  return moments.map((moment, index) => ({
    ...moment,
    key: `${person.number}/${index}`,
    person: person.number,
    sentTwice: random.chance(SENT_TWICE),
  }))
}

type Moment = Pick<Visit, 'at' | 'kind' | 'home'>

/** Enrolled before anything else happens; that alone never counts (D1). */
function enrolment({ habit, homes: [home] }: Person, { random, from }: Year): Moment {
  const end = habit === 'former' ? from - FORMER_DAYS * DAY : from
  return { kind: 'enrolment', home, at: learningMoment(random, end - 10 * DAY, end) }
}

/** Who uses tracked content at all begins with it: so who is counted can be told from the habit. */
function chooseUse({ habit, homes }: Person, when: { at: number; index: number }, random: Random): Moment {
  const home = homes[when.index % homes.length] ?? homes[0]
  const untracked = habit === 'reader' || (when.index > 0 && random.chance(UNTRACKED_SHARE))
  const { kind } = random.weighted<{ kind: VisitKind; weight: number }>(untracked ? UNTRACKED : USES[home])
  return { at: when.at, kind, home }
}

/** Ascending times of use, ms. */
function timesOf(habit: Habit, year: Year): readonly number[] {
  const times = RHYTHMS[habit](year)
  return [...times].sort((a, b) => a - b)
}

type Rhythm = (year: Year) => readonly number[]

const never: Rhythm = () => []

const quarterly: Rhythm = (year) =>
  monthsBetween(year.from, year.to)
    .filter((_, index) => index % 3 === 0)
    .flatMap((start) => {
      const span = { ...year, from: start, to: Math.min(monthStart(start, 3), year.to) }
      return [momentIn(span), ...(year.random.chance(0.7) ? [momentIn(span)] : [])]
    })

const RHYTHMS: Readonly<Record<Habit, Rhythm>> = {
  weekly: (year) => {
    const weeks = Math.ceil((year.to - year.from) / (7 * DAY))
    const spans = Array.from({ length: weeks }, (_, week) => year.from + week * 7 * DAY)
    return often(year, spans, 7, 0.75)
  },
  monthly: (year) => {
    const starts = monthsBetween(year.from, year.to)
    return [...often(year, starts, 28, 0.9), ...often(year, starts, 28, 0.4)]
  },
  quarterly,
  yearly: (year) => {
    const first = momentIn(year)
    return [first, ...(year.random.chance(0.6) ? [momentIn({ ...year, from: first - (first % DAY) })] : [])]
  },
  former: ({ random, from }) => [
    learningMoment(random, from - FORMER_DAYS * DAY, from - 30 * DAY),
    learningMoment(random, from - 30 * DAY, from - DAY),
  ],
  reader: quarterly,
  previewer: never,
  enrolled: never,
}

function momentIn({ random, from, to }: Year): number {
  return learningMoment(random, from, to)
}

/** At most once in each span of so many days. */
function often(year: Year, starts: readonly number[], days: number, probability: number): readonly number[] {
  return starts
    .filter(() => year.random.chance(probability))
    .map((from) => momentIn({ ...year, from, to: Math.min(from + days * DAY, year.to) }))
}

function previews(year: Year): readonly Moment[] {
  return Array.from({ length: ADMINISTRATORS_LOOK }, () => {
    const at = momentIn(year)
    return { at, kind: year.random.weighted(PREVIEWS).kind, home: 'account' }
  })
}

/** People who are not signed in: their content makes up a new name each time. */
function guests(year: Year, count: number): readonly Visit[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `guest/${index}`,
    kind: 'guest',
    person: null,
    home: 'account',
    at: momentIn(year),
    sentTwice: false,
  }))
}
