import { describe, expect, it } from 'vitest'
import type { Catalogue, CatalogueEntry } from '../../src/attempts/derivation.ts'
import { elementOf, entryAt } from '../../src/attempts/element.ts'
import { elementRootOf } from '../../src/attempts/element-root.ts'
import type { StoredFact } from '../../src/attempts/fact.ts'
import { ADL, at, entry, fact } from './samples.ts'

const EMPTY: Catalogue = new Map()
const NOW = at('2025-03-01T09:00:00Z')
const COURSE = `${ADL}activities/course`
const LESSON = `${ADL}activities/lesson`
const ATTEMPT = `${ADL}activities/attempt`
const LINK = `${ADL}activities/link`
const LMS = 'http://id.tincanapi.com/activitytype/lms'
const M = 'https://moodle.example.org'

const catalogue = (...entries: CatalogueEntry[]): Catalogue =>
  new Map(entries.map(({ id }) => [id, entries.filter((other) => other.id === id)]))

describe('The element root (in-the-wild §3.3)', () => {
  it.each<[string, Partial<StoredFact>, string]>([
    ['the object itself, where nothing is around it', {}, 'https://lms.example.org/x/1'],
    [
      'the course of the SCORM profile, which is the package',
      {
        source: 'scorm-profile',
        object: { id: 'https://x.example.org/sco', type: LESSON },
        groupings: [
          { id: 'https://x.example.org/sco?attemptId=1', type: ATTEMPT },
          { id: 'https://x.example.org/c', type: COURSE },
        ],
      },
      'https://x.example.org/c',
    ],
    [
      'the SCO of a page’s parent attempt, where no course is named',
      {
        source: 'scorm-profile',
        object: { id: 'https://x.example.org/sco#0', type: LESSON },
        parents: [{ id: 'https://x.example.org/sco?attemptId=1', type: ATTEMPT }],
        groupings: [{ id: 'https://x.example.org/sco#0?attemptId=1', type: ATTEMPT }],
      },
      'https://x.example.org/sco',
    ],
    [
      'the AU, not the publisher’s id in grouping',
      {
        source: 'cmi5',
        cmi5: true,
        object: { id: 'https://lms.example.org/au/1' },
        groupings: [{ id: 'https://publisher.example.org/1' }],
      },
      'https://lms.example.org/au/1',
    ],
    [
      'the package a Rustici interaction lies in',
      {
        source: 'rustici',
        object: { id: 'urn:q', type: `${ADL}activities/cmi.interaction` },
        parents: [{ id: 'urn:uuid:p' }],
      },
      'urn:uuid:p',
    ],
    [
      'the course of a Storyline slide, though its id looks like a course’s',
      {
        source: 'tincan',
        object: { id: 'urn:articulate:storyline:a/s1', type: `${ADL}activities/module` },
        parents: [{ id: 'urn:articulate:storyline:a' }],
      },
      'urn:articulate:storyline:a',
    ],
    [
      'a Storyline course, though the launch link groups it under an LMS course',
      {
        source: 'tincan',
        object: { id: 'urn:articulate:storyline:a', type: COURSE },
        groupings: [{ id: 'https://lms.example.org/c/1', type: COURSE }],
      },
      'urn:articulate:storyline:a',
    ],
    [
      'the golf example for a question of its quiz',
      {
        source: 'tincan',
        object: { id: 'https://g.example.org/golf/quiz/q1', type: `${ADL}activities/cmi.interaction` },
        parents: [{ id: 'https://g.example.org/golf/quiz' }],
        groupings: [
          { id: 'https://g.example.org/golf' },
          { id: 'http://id.tincanapi.com/activity/tincan-prototypes' },
        ],
      },
      'https://g.example.org/golf',
    ],
    [
      'the package of mod_tincanlaunch, not its site',
      { source: 'tincan', object: { id: 'https://p.example.org/1' }, groupings: [{ id: M }] },
      'https://p.example.org/1',
    ],
    [
      'the content an H5P part is in',
      { source: 'h5p', object: { id: 'https://s.example.org/h5p/12?subContentId=3f' } },
      'https://s.example.org/h5p/12',
    ],
    [
      'the content an H5P part has as parent',
      {
        source: 'h5p',
        object: { id: 'https://s.example.org/part' },
        parents: [{ id: 'https://s.example.org/h5p/12' }],
      },
      'https://s.example.org/h5p/12',
    ],
    [
      'Moodle’s module without #sco',
      { source: 'moodle', object: { id: `${M}/mod/scorm/view.php?id=55#sco` } },
      `${M}/mod/scorm/view.php?id=55`,
    ],
    [
      'Moodle’s quiz for an attempt at it',
      { source: 'moodle', object: { id: `${M}/mod/quiz/attempt.php?attempt=3&cmid=80`, type: ATTEMPT } },
      `${M}/mod/quiz/view.php?id=80`,
    ],
    [
      'Moodle’s quiz, the cmid first',
      { source: 'moodle', object: { id: `${M}/mod/quiz/attempt.php?cmid=80&attempt=3` } },
      `${M}/mod/quiz/view.php?id=80`,
    ],
    [
      'Moodle’s module around a post',
      {
        source: 'moodle',
        object: { id: `${M}/mod/forum/discuss.php?d=4` },
        parents: [{ id: `${M}/mod/forum/view.php?id=9` }, { id: `${M}/course/view.php?id=7`, type: COURSE }],
      },
      `${M}/mod/forum/view.php?id=9`,
    ],
    [
      'Open edX’s block, not the LMS course',
      { source: 'open-edx', parents: [{ id: 'https://e.example.org/c', type: COURSE }] },
      'https://lms.example.org/x/1',
    ],
    [
      'the video, not the course around it',
      { source: 'video', parents: [{ id: 'https://e.example.org/c', type: COURSE }] },
      'https://lms.example.org/x/1',
    ],
    [
      'the nearest course, of an unknown system',
      {
        parents: [{ id: 'https://l.example.org', type: LESSON }],
        groupings: [{ id: 'https://c.example.org', type: COURSE }],
      },
      'https://c.example.org',
    ],
    [
      'the nearest lesson, where there is no course',
      { parents: [{ id: 'https://l.example.org/1', type: LESSON }] },
      'https://l.example.org/1',
    ],
    [
      'what an attempt is about, when it is the object',
      { object: { id: 'https://x.example.org/a?attemptId=1', type: ATTEMPT } },
      'https://x.example.org/a',
    ],
  ])('is %s', (_, overrides, element) => {
    expect(elementRootOf(fact(overrides), EMPTY).element).toBe(element)
  })

  it('the nearest id the catalogue knows goes before every other rule', () => {
    const slide = fact({
      source: 'tincan',
      object: { id: 'urn:articulate:storyline:a/s1' },
      parents: [{ id: 'urn:articulate:storyline:a' }],
      groupings: [{ id: 'https://lms.example.org/c/1' }],
    })
    expect(elementRootOf(slide, catalogue(entry({ id: 'https://lms.example.org/c/1' }))).element).toBe(
      'https://lms.example.org/c/1',
    )
    const both = catalogue(
      entry({ id: 'https://lms.example.org/c/1' }),
      entry({ id: 'urn:articulate:storyline:a' }),
    )
    expect(elementRootOf(slide, both).element).toBe('urn:articulate:storyline:a')
  })

  it('the catalogue knows what lies below its ids by path, never below a host', () => {
    const part = fact({ object: { id: 'https://cdn.example.org/course-7/assessment/q1' } })
    const of = (id: string): string => elementRootOf(part, catalogue(entry({ id }))).element
    expect(of('https://cdn.example.org/course-7')).toBe('https://cdn.example.org/course-7')
    expect(of('https://cdn.example.org/course-7/')).toBe('https://cdn.example.org/course-7/')
    expect(of('https://cdn.example.org/course')).toBe(part.object.id)
    expect(of('https://cdn.example.org')).toBe(part.object.id)
    expect(of('https://cdn.example.org/')).toBe(part.object.id)
  })

  it('a Moodle id is known to the catalogue as the module or as sent', () => {
    const sco = fact({ source: 'moodle', object: { id: `${M}/mod/scorm/view.php?id=55#sco` } })
    const of = (id: string): string => elementRootOf(sco, catalogue(entry({ id }))).element
    expect(of(`${M}/mod/scorm/view.php?id=55`)).toBe(`${M}/mod/scorm/view.php?id=55`)
    expect(of(sco.object.id)).toBe(sco.object.id)
    expect(of(`${M}/mod/scorm/view.php?id=5`)).toBe(`${M}/mod/scorm/view.php?id=55`)
  })

  it.each<[string, Partial<StoredFact>]>([
    ['the site', { object: { id: M, type: LMS } }],
    ['a Moodle course', { source: 'moodle', object: { id: `${M}/course/view.php?id=7`, type: COURSE } }],
    ['an Open edX course', { source: 'open-edx', object: { id: 'https://e.example.org/c', type: COURSE } }],
  ])('%s is no element, unless the catalogue knows it', (_, overrides) => {
    const one = fact(overrides)
    expect(elementRootOf(one, EMPTY).shell).toBe(true)
    expect(elementRootOf(one, catalogue(entry({ id: one.object.id }))).shell).toBe(false)
  })

  it('Moodle’s content package has the type of a course but is an element', () => {
    const object = {
      id: `${M}/mod/imscp/view.php?id=7`,
      type: 'https://w3id.org/xapi/cmi5/activitytype/course',
    }
    expect(elementRootOf(fact({ source: 'moodle', object }), EMPTY).shell).toBe(false)
  })
})

describe('The resource rule, in order of authority (in-the-wild §3.1)', () => {
  const X = 'https://lms.example.org/x/1'
  const link = { object: { id: X, type: LINK } }

  it.each<[string, Partial<StoredFact>, Catalogue, string, boolean]>([
    [
      'SCORM proof beats «none» (A4)',
      { scorm: true },
      catalogue(entry({ utilizationTracking: 'none' })),
      'scorm',
      true,
    ],
    [
      'the catalogue’s SCORM is proof',
      {},
      catalogue(entry({ kind: 'scorm', utilizationTracking: 'none' })),
      'scorm',
      true,
    ],
    [
      '«none» beats a package',
      { source: 'cmi5', cmi5: true },
      catalogue(entry({ utilizationTracking: 'none' })),
      'catalogue',
      false,
    ],
    [
      '«none – resource» is untracked (A5)',
      {},
      catalogue(entry({ utilizationTracking: 'none-resource' })),
      'catalogue',
      false,
    ],
    [
      'the catalogue beats the type',
      link,
      catalogue(entry({ utilizationTracking: 'incomplete-on-open' })),
      'catalogue',
      true,
    ],
    ['a cmi5 package is tracked', { source: 'cmi5', ...link }, EMPTY, 'package', true],
    ['a Tin Can package is tracked', { source: 'tincan', ...link }, EMPTY, 'package', true],
    ['a link is a resource', link, EMPTY, 'type', false],
    [
      'Open edX types blocks as resources',
      { source: 'open-edx', object: { id: X, type: 'http://id.tincanapi.com/activitytype/resource' } },
      EMPTY,
      'type',
      true,
    ],
    ['a lesson is content', { object: { id: X, type: LESSON } }, EMPTY, 'type', true],
    [
      'a book is undecided',
      { object: { id: X, type: 'http://id.tincanapi.com/activitytype/book' } },
      EMPTY,
      'default',
      true,
    ],
    [
      'an unknown type is tracked and listed',
      { object: { id: X, type: 'https://own.example.org/t' } },
      EMPTY,
      'default',
      true,
    ],
    ['no type is tracked and listed', {}, EMPTY, 'default', true],
  ])('%s', (_, overrides, known, rule, tracked) => {
    expect(elementOf(fact(overrides), known, NOW)).toEqual({ element: X, rule, tracked })
  })

  it.each(['incomplete-on-open', 'complete-on-open', 'complete-on-close', 'complete-on-duration'] as const)(
    '%s is tracked from the opening on (A5)',
    (utilizationTracking) => {
      expect(elementOf(fact(link), catalogue(entry({ utilizationTracking })), NOW).tracked).toBe(true)
    },
  )
})

describe('The catalogue in time (ruling 1)', () => {
  const first = entry({ validFrom: 1000 })
  const second = entry({ validFrom: 2000, utilizationTracking: 'none' })

  it.each([
    [0, first],
    [999, first],
    [1999, first],
    [2000, second],
    [9999, second],
  ])('at %d the entry in force decides; the first reaches back', (instant, expected) => {
    expect(entryAt([first, second], instant)).toBe(expected)
  })

  it('an element without entries has none', () => {
    expect(entryAt([], 5)).toBeUndefined()
  })
})
