import { beforeAll, describe, expect, it } from 'vitest'
import { planYear } from '../../src/demo/plan.ts'
import { deliveriesOf } from '../../src/demo/send.ts'
import { type Session, sessionsOf } from '../../src/demo/sessions.ts'
import { checkStatement } from '../../src/xapi/check-statement.ts'
import type { Statement } from '../../src/xapi/types.ts'

const NOW = Date.parse('2026-11-23T13:00:00Z')
const plan = planYear({ now: NOW, seed: 7, learners: 300 })
let sessions: readonly Session[]
let statements: readonly Statement[]

beforeAll(() => {
  sessions = sessionsOf(plan)
  statements = sessions.flatMap(({ steps }) => steps.map(({ statement }) => statement))
})

const ofKind = (kind: string): readonly Session[] => sessions.filter(({ visit }) => visit.kind === kind)

describe('the sessions of the demo', () => {
  it('are the same each time', () => {
    expect(sessionsOf(plan)).toEqual(sessions)
  })

  it('make 10,000 to 15,000 statements a year of 300 people', () => {
    const sent = deliveriesOf(sessions).reduce((sum, delivery) => sum + delivery.statements.length, 0)
    expect(sent).toBeGreaterThan(10_000)
    expect(sent).toBeLessThan(15_000)
  })

  it('are statements the standard accepts', () => {
    const faults = statements.flatMap((statement) => checkStatement(statement, '1.0.3'))
    expect(faults).toEqual([])
  })

  it('never use a statement id twice', () => {
    const ids = statements.map(({ id }) => id).filter((id) => id !== undefined)
    expect(ids.length).toBeGreaterThan(1000)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('keep what a source leaves out: Moodle and H5P send no ids', () => {
    for (const kind of ['moodle-scorm', 'moodle-quiz', 'h5p']) {
      const steps = ofKind(kind).flatMap((session) => session.steps)
      expect(steps.length).toBeGreaterThan(0)
      expect(steps.every(({ statement }) => statement.id === undefined)).toBe(true)
    }
  })

  it('begin at the visit and end on the same day, so that the visit tells the window', () => {
    for (const { visit, steps } of sessions) {
      const times = steps.map(({ statement }) => Date.parse(statement.timestamp ?? ''))
      expect(Math.min(...times)).toBe(visit.at)
      expect(new Date(Math.max(...times)).getUTCDate()).toBe(new Date(visit.at).getUTCDate())
      expect(Math.max(...times)).toBeLessThan(NOW)
    }
  })

  it('have a cmi5 session of their own for each launch, and one registration for each person and course', () => {
    const key = 'https://w3id.org/xapi/cmi5/context/extensions/sessionid'
    const launches = [...ofKind('cmi5'), ...ofKind('cmi5-progress')].map(({ visit, steps }) => {
      const contexts = steps.map(({ statement }) => statement.context)
      const own = new Set(contexts.map((context) => context?.extensions?.[key]))
      expect(own.size).toBe(1)
      return { person: visit.person, session: [...own][0], registration: contexts[0]?.registration }
    })
    expect(new Set(launches.map(({ session }) => session)).size).toBe(launches.length)
    const people = new Set(launches.map(({ person }) => person))
    const registrations = new Set(launches.map(({ registration }) => registration))
    expect(registrations.size).toBeGreaterThanOrEqual(people.size)
    expect(registrations.size).toBeLessThan(launches.length)
  })

  it('have an attempt of their own for each SCORM session', () => {
    const attempts = ofKind('scorm').map(({ steps }) => {
      const found = JSON.stringify(steps).match(/attemptId=[0-9a-f-]{36}/g) ?? []
      expect(new Set(found).size).toBe(1)
      return found[0]
    })
    expect(attempts.length).toBeGreaterThan(0)
    expect(new Set(attempts).size).toBe(attempts.length)
  })

  it('come with the keys of those who send them', () => {
    const purposes = (kind: string): unknown[] => [
      ...new Set(ofKind(kind).flatMap(({ steps }) => steps.map(({ purpose }) => purpose))),
    ]
    expect(purposes('preview-key')).toEqual(['preview'])
    expect(purposes('cmi5-browse').sort()).toEqual(['learner', 'lms'])
    expect(purposes('scorm')).toEqual(['learner'])
  })

  it('have a launch record exactly where the LMS reports one (ruling 21)', () => {
    const reported = sessions.filter(({ launch }) => launch)
    expect(reported.length).toBeGreaterThan(0)
    expect(reported.every(({ visit }) => visit.kind === 'launch-record')).toBe(true)
    expect(reported).toHaveLength(ofKind('launch-record').length)
  })

  it('are delivered in whole batches of one purpose, those sent twice as a whole and two times', () => {
    const deliveries = deliveriesOf(sessions)
    const twice = sessions.filter(({ visit }) => visit.sentTwice)
    const again = twice.reduce((sum, { steps }) => sum + steps.length, 0)
    const sent = deliveries.reduce((sum, delivery) => sum + delivery.statements.length, 0)
    expect(again).toBeGreaterThan(0)
    expect(sent).toBe(statements.length + again)
    const repeated = deliveries.filter((one) => deliveries.filter((other) => other === one).length === 2)
    expect(new Set(repeated.flatMap((one) => one.statements))).toEqual(
      new Set(twice.flatMap(({ steps }) => steps.map(({ statement }) => statement))),
    )
  })
})
