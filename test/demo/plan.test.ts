import { describe, expect, it } from 'vitest'
import { planYear, type VisitKind } from '../../src/demo/plan.ts'

const NOW = Date.parse('2026-11-23T13:00:00Z')
const options = { now: NOW, seed: 7, learners: 300 }
const plan = planYear(options)

const TRACKED: readonly VisitKind[] = [
  'scorm',
  'scorm-pages',
  'cmi5',
  'cmi5-progress',
  'cmi5-review',
  'rustici',
  'video',
  'moodle-scorm',
  'moodle-quiz',
  'storyline',
  'rise',
  'iseazy',
  'h5p',
]
const UNTRACKED: readonly VisitKind[] = [
  'page',
  'untracked-video',
  'cmi5-browse',
  'preview-key',
  'launch-record',
  'enrolment',
  'guest',
]

const isTracked = (kind: VisitKind): boolean => TRACKED.includes(kind)

describe('the plan of the demo', () => {
  it('is the same for the same options, and another for another seed', () => {
    expect(planYear(options)).toEqual(plan)
    expect(planYear({ ...options, seed: 8 })).not.toEqual(plan)
  })

  it('has every kind of visit', () => {
    const kinds = new Set(plan.visits.map(({ kind }) => kind))
    expect([...kinds].sort()).toEqual([...TRACKED, ...UNTRACKED].sort())
  })

  it('gives each visit a key of its own, in order of time', () => {
    expect(new Set(plan.visits.map(({ key }) => key)).size).toBe(plan.visits.length)
    expect(plan.visits.map(({ at }) => at)).toEqual(plan.visits.map(({ at }) => at).sort((a, b) => a - b))
  })

  it('has as many people as asked for, each with a name and identifiers of their own', () => {
    expect(plan.people).toHaveLength(300)
    expect(new Set(plan.people.map(({ name }) => name)).size).toBe(300)
    expect(new Set(plan.people.map(({ agents }) => JSON.stringify(agents.account))).size).toBe(300)
    expect(new Set(plan.people.map(({ agents }) => agents.mailbox.mbox)).size).toBe(300)
  })

  it('has people who never use tracked content, so that the total stays below the people seen (A11, D1)', () => {
    const users = new Set(plan.visits.filter(({ kind }) => isTracked(kind)).map(({ person }) => person))
    expect(users.size).toBeGreaterThan(200)
    expect(users.size).toBeLessThan(300)
  })

  it('has people who stopped before the first window: in the total, not active (A12)', () => {
    const former = plan.people.filter(({ habit }) => habit === 'former')
    const visits = plan.visits.filter(({ person }) => former.some(({ number }) => number === person))
    expect(former.length).toBeGreaterThan(0)
    expect(visits.some(({ kind, at }) => isTracked(kind) && at < plan.anchor)).toBe(true)
    expect(visits.every(({ at }) => at < plan.anchor)).toBe(true)
  })

  it('has people whom two LMSs know, and who learn in both', () => {
    const joined = plan.people.filter(({ homes }) => homes.length === 2)
    expect(joined.length).toBeGreaterThan(0)
    for (const { number } of joined) {
      const homes = new Set(plan.visits.filter(({ person }) => person === number).map(({ home }) => home))
      expect(homes).toEqual(new Set(['account', 'mailbox']))
    }
  })

  it('has administrators who learn as well as look (A7)', () => {
    const learning = plan.people.filter(({ administrator, habit }) => administrator && habit === 'weekly')
    const kinds = plan.visits.filter(({ person }) => learning.some(({ number }) => number === person))
    expect(kinds.some(({ kind }) => isTracked(kind))).toBe(true)
    expect(kinds.some(({ kind }) => ['cmi5-browse', 'preview-key', 'launch-record'].includes(kind))).toBe(
      true,
    )
  })

  it('is busier on weekdays than on weekends, and in June than in August', () => {
    const learning = plan.visits.filter(({ kind, at }) => isTracked(kind) && at >= plan.anchor)
    const weekend = learning.filter(({ at }) => [0, 6].includes(new Date(at).getUTCDay()))
    const month = (number: number): number =>
      learning.filter(({ at }) => new Date(at).getUTCMonth() === number).length
    expect(weekend.length / learning.length).toBeLessThan(0.15)
    expect(month(7)).toBeLessThan(month(5))
  })

  it.each([
    ['2026-11-23T13:00:00Z', '2025-12-01'],
    ['2026-01-01T00:30:00Z', '2025-02-01'],
    ['2028-02-29T23:59:00Z', '2027-03-01'],
    ['2026-12-31T12:00:00Z', '2026-01-01'],
  ])('at %s the first window starts on %s, and nothing lies in the future', (now, anchor) => {
    const other = planYear({ now: Date.parse(now), seed: 7, learners: 40 })
    expect(new Date(other.anchor).toISOString()).toBe(`${anchor}T00:00:00.000Z`)
    expect(Math.max(...other.visits.map(({ at }) => at))).toBeLessThan(Date.parse(now))
    const hours = new Set(other.visits.map(({ at }) => new Date(at).getUTCHours()))
    expect(Math.max(...hours)).toBeLessThan(18)
  })

  it.each([20, 21, 50, 2000])('takes %i people', (learners) => {
    const { people } = planYear({ ...options, learners })
    expect(people).toHaveLength(learners)
    expect(new Set(people.map(({ habit }) => habit)).size).toBe(8)
  })
})
