/** The tests of in-the-wild §8 that need no LTI launch, each also in any order and with statements sent again. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Attempt } from '../../src/attempts/derivation.ts'
import { counted, meaning, resent, shuffled } from './order.ts'
import { deriveAll, type History, historyOf, outcomeOf, type Scenario, scenario } from './scenario.ts'

const traps: readonly (readonly [string, string, number, number])[] = [
  ['trap 1: cmi5 Browse', 'cmi5/browse.json', 0, 0],
  ['trap 1: cmi5 Browse, launched last', 'cmi5/browse-launched-last.json', 0, 0],
  ['trap 1: cmi5 Review', 'cmi5/review.json', 1, 1],
  ['trap 1: cmi5 Normal', 'cmi5/normal.json', 1, 1],
  ['trap 2: two sessions of one registration, Browse and Normal', 'cmi5/browse-then-normal.json', 1, 1],
  ['trap 3: satisfied and waived only', 'cmi5/satisfied-and-waived.json', 0, 0],
  [
    'trap 4: Moodle’s background mode, 50 learners with one registration',
    'moodle/background-mode.json',
    50,
    50,
  ],
  ['trap 5: Moodle’s enrolment resumed', 'moodle/enrolment.json', 0, 0],
  ['trap 6: mod_scorm viewed only', 'moodle/scorm-viewed-only.json', 0, 0],
  ['trap 6: mod_scorm launched', 'moodle/scorm.json', 1, 1],
  ['trap 6: mod_scorm status without launched', 'moodle/scorm-status-only.json', 1, 1],
  ['trap 7: mod_url and mod_resource viewed', 'moodle/resources.json', 0, 0],
  ['trap 7: Open edX progressed on a resource type', 'open-edx/course.json', 2, 1],
  ['trap 8: a page inside a cmi5 course', 'cmi5/page-inside.json', 1, 1],
  ['trap 8: pages inside another course', 'other/slides-typed-as-pages.json', 1, 1],
  ['trap 9: catalogue «none» on a SCORM package', 'scorm-profile/catalogue-none.json', 1, 1],
  ['trap 10: begun in one month, resumed in the next', 'scorm-profile/resumed-next-month.json', 1, 1],
  ['trap 11: all evidence voided, one void before its target, a void voided', 'cmi5/all-voided.json', 1, 1],
  ['trap 12: ADL’s wrapper resumes', 'scorm-profile/wrapper-resume.json', 1, 1],
  ['trap 13: page and SCO with one UUID', 'scorm-profile/page-and-sco.json', 1, 1],
  ['trap 13: the same without a course', 'scorm-profile/page-and-sco-without-course.json', 1, 1],
  ['trap 14: five actors with aliases', 'moodle/five-actors-linked.json', 5, 1],
  ['trap 14: five actors without', 'moodle/five-actors.json', 5, 3],
  ['trap 15: the same person from the catalogue and as a learner', 'cmi5/admin-catalog-launch.json', 1, 1],
  ['trap 16: a test user', 'other/test-user.json', 0, 0],
  ['trap 16: not-trackable names', 'h5p/storage-blocked.json', 0, 0],
  ['trap 16: a guest', 'moodle/guest-and-login.json', 0, 0],
  ['trap 17: a Moodle batch sent twice', 'moodle/batch-sent-twice.json', 1, 1],
  ['trap 19: thirty Storyline slides', 'storyline/thirty-slides.json', 1, 1],
  ['trap 19: isEazy’s second launch', 'iseazy/second-launch.json', 2, 1],
  ['trap 20: the preview key', 'cmi5/preview-key.json', 0, 0],
  ['trap 20: the learner key', 'cmi5/learner-key.json', 1, 1],
]

const RUNS = { numRuns: 30 }

const meanings = (history: History): unknown =>
  [...deriveAll(history)].map(([learner, one]) => [learner, meaning(one)])
const attempts = (history: History): readonly Attempt[] =>
  [...deriveAll(history).values()].flatMap((one) => one.attempts)

describe.each(traps)('%s', (_, file, count, learners) => {
  const one: Scenario = scenario(file)
  const history = historyOf(one)

  it(`makes ${count} attempts of ${learners} learners`, () => {
    expect(outcomeOf(one)).toMatchObject({ attempts: count, learners })
  })

  it('in any order', () => {
    const expected = meanings(history)
    fc.assert(
      fc.property(shuffled(history.facts), (facts) => {
        expect(meanings({ ...history, facts })).toEqual(expected)
      }),
      RUNS,
    )
  })

  it('also when statements are sent again', () => {
    const expected = counted(attempts(history))
    fc.assert(
      fc.property(resent(history.facts).chain(shuffled), (facts) => {
        expect(counted(attempts({ ...history, facts }))).toBe(expected)
      }),
      RUNS,
    )
  })
})

describe('What the traps are about beyond the count', () => {
  const only = (file: string): Attempt => {
    const [attempt] = attempts(historyOf(scenario(file)))
    if (!attempt) throw new Error(`no attempt in ${file}`)
    return attempt
  }
  const evidenceTimes = (file: string): readonly string[] =>
    [...deriveAll(historyOf(scenario(file))).values()]
      .flatMap((one) => one.classified)
      .flatMap((one) =>
        one.obstacles.length === 0 ? [new Date(one.resumedAt).toISOString().slice(0, 7)] : [],
      )

  it('trap 10: there is evidence in both months', () => {
    expect(new Set(evidenceTimes('scorm-profile/resumed-next-month.json'))).toEqual(
      new Set(['2025-02', '2025-03']),
    )
  })

  it('trap 11: the attempt is logically deleted and still tracked', () => {
    expect(only('cmi5/all-voided.json')).toMatchObject({ tracked: true, deleted: true })
  })

  it('trap 12: the attempt stands after the wrapper’s void, over both months', () => {
    const attempt = only('scorm-profile/wrapper-resume.json')
    expect(attempt).toMatchObject({ tracked: true, deleted: false, keyKind: 'K2' })
    expect(new Set(evidenceTimes('scorm-profile/wrapper-resume.json'))).toEqual(
      new Set(['2025-02', '2025-03']),
    )
  })

  it('trap 9: SCORM proof decides, not the catalogue', () => {
    expect(only('scorm-profile/catalogue-none.json').elementRule).toBe('scorm')
  })

  it('trap 4: none of the fifty shares an attempt', () => {
    expect(
      new Set(attempts(historyOf(scenario('moodle/background-mode.json'))).map((one) => one.id)).size,
    ).toBe(50)
  })
})
