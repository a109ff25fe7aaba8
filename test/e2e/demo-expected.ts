/**
 * What the demo must show, worked out by other means than the product's: from the plan, a table written by hand from the
 * counting rules, and months reckoned with Date.UTC.
 */
import type { Plan, Visit, VisitKind } from '../../src/demo/plan.ts'

interface Worth {
  /** Statements that are evidence. */
  readonly evidence: number
  /** Statements that are not, by their first reason. */
  readonly untracked?: Readonly<Record<string, number>>
  /** The source gives no ids, so a batch sent twice is stored twice. */
  readonly withoutIds?: true
}

const cmi5Course = { 'launched-only': 1, 'administrative-verb': 1 }

const WORTH: Readonly<Record<VisitKind, Worth | Readonly<Record<Visit['home'], Worth>>>> = {
  scorm: { evidence: 6 },
  'scorm-pages': { evidence: 3 },
  // launched, initialized, passed, completed, satisfied, terminated
  cmi5: { evidence: 4, untracked: cmi5Course },
  // launched, initialized, three times progressed, completed, satisfied, terminated
  'cmi5-progress': { evidence: 6, untracked: cmi5Course },
  'cmi5-review': { evidence: 2, untracked: { 'launched-only': 1 } },
  rustici: { evidence: 3 },
  video: { evidence: 5 },
  // the page before the launch, launched, completed
  'moodle-scorm': { evidence: 2, untracked: { 'not-content': 1 }, withoutIds: true },
  'moodle-quiz': { evidence: 6, withoutIds: true },
  storyline: { evidence: 8 },
  rise: { evidence: 3 },
  iseazy: { evidence: 5 },
  h5p: { evidence: 3, untracked: { 'not-content': 1 }, withoutIds: true },
  page: {
    account: { evidence: 0, untracked: { resource: 2 } },
    mailbox: { evidence: 0, untracked: { resource: 4 }, withoutIds: true },
  },
  'untracked-video': { evidence: 0, untracked: { resource: 5 } },
  'cmi5-browse': { evidence: 0, untracked: { 'cmi5-browse': 3 } },
  'preview-key': { evidence: 0, untracked: { credential: 6 } },
  'launch-record': { evidence: 0, untracked: { 'launch-record': 3 } },
  enrolment: {
    account: { evidence: 0, untracked: { 'administrative-verb': 2 } },
    mailbox: { evidence: 0, untracked: { 'administrative-verb': 1 }, withoutIds: true },
  },
  guest: { evidence: 0, untracked: { 'not-a-person': 3 } },
}

function worthOf({ kind, home }: Visit): Worth {
  const worth = WORTH[kind]
  return 'evidence' in worth ? worth : worth[home]
}

export const isUse = (visit: Visit): boolean => worthOf(visit).evidence > 0

/** Everybody with a use in [from, to), ms. */
export function activeIn({ visits }: Plan, from: number, to: number): number {
  const inside = visits.filter((visit) => isUse(visit) && visit.at >= from && visit.at < to)
  return new Set(inside.map(({ person }) => person)).size
}

export interface ExpectedWindow {
  readonly start: string
  readonly end: string
  readonly active: number
}

/** Windows of so many months from the first of the month of the anchor on, up to `now`; the last one is open. */
export function windowsOf(plan: Plan, months: number, now: number): readonly ExpectedWindow[] {
  const anchor = new Date(plan.anchor)
  const boundary = (number: number): number =>
    Date.UTC(anchor.getUTCFullYear(), anchor.getUTCMonth() + number * months, 1)
  const windows: ExpectedWindow[] = []
  for (let number = 0; boundary(number) <= now; number += 1) {
    const [from, to] = [boundary(number), boundary(number + 1)]
    windows.push({ start: day(from), end: day(to), active: activeIn(plan, from, to) })
  }
  return windows
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10)

export interface ExpectedReason {
  readonly statements: number
  readonly learners: number
}

/** Statements and people by the first reason; what a repeated batch adds is `duplicate` where it would have been evidence. */
export function untrackedOf({ visits }: Plan): Readonly<Record<string, ExpectedReason>> {
  const statements = new Map<string, number>()
  const people = new Map<string, Set<string>>()
  const add = (reason: string, count: number, visit: Visit): void => {
    if (count === 0) return
    statements.set(reason, (statements.get(reason) ?? 0) + count)
    // Each guest has a name made up for the visit.
    const person = visit.person === null ? visit.key : String(visit.person)
    people.set(reason, (people.get(reason) ?? new Set()).add(person))
  }
  for (const visit of visits) {
    const { evidence, untracked = {}, withoutIds } = worthOf(visit)
    const storedTwice = visit.sentTwice && withoutIds === true
    for (const [reason, count] of Object.entries(untracked))
      add(reason, storedTwice ? 2 * count : count, visit)
    if (storedTwice) add('duplicate', evidence, visit)
  }
  return Object.fromEntries(
    [...statements].map(([reason, count]) => [
      reason,
      { statements: count, learners: people.get(reason)?.size ?? 0 },
    ]),
  )
}

const sizeOf = (visit: Visit): number => {
  const { evidence, untracked = {} } = worthOf(visit)
  return Object.values(untracked).reduce((sum, count) => sum + count, evidence)
}

/** Statements sent in all, and those among them that were sent for the second time. */
export function sentOf({ visits }: Plan): { all: number; again: number } {
  const once = visits.reduce((sum, visit) => sum + sizeOf(visit), 0)
  const again = visits.filter(({ sentTwice }) => sentTwice).reduce((sum, visit) => sum + sizeOf(visit), 0)
  return { all: once + again, again }
}
