import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as vocabulary from '../../src/attempts/vocabulary.ts'
import { isIri } from '../../src/xapi/formats.ts'

const FOLDER = join(import.meta.dirname, '../../statements/vocabulary')

interface Entry {
  readonly iri?: string
  readonly source?: string
}

function entriesIn(value: unknown): readonly Entry[] {
  if (Array.isArray(value)) return value.flatMap(entriesIn)
  if (typeof value !== 'object' || value === null) return []
  return 'source' in value ? [value as Entry] : Object.values(value).flatMap(entriesIn)
}

const files = readdirSync(FOLDER)
  .sort()
  .map((name) => [name, entriesIn(JSON.parse(readFileSync(join(FOLDER, name), 'utf8')))] as const)

describe('Vocabulary (ruling 14)', () => {
  it.each(files)('%s: every IRI is whole and names its source', (_, entries) => {
    expect(entries.length).toBeGreaterThan(0)
    for (const { iri, source } of entries) {
      expect(source).toMatch(/\S/)
      if (iri !== undefined) expect(isIri(iri)).toBe(true)
    }
  })

  it('both spellings of activitystrea.ms are there (in-the-wild §3.2)', () => {
    for (const type of vocabulary.resourceTypes) {
      const short = type.replace('http://activitystrea.ms/schema/1.0/', 'http://activitystrea.ms/')
      expect(vocabulary.resourceTypes.has(short)).toBe(true)
    }
    expect(vocabulary.resourceTypes.has('http://activitystrea.ms/schema/1.0/page')).toBe(true)
  })

  it('no type is both a plain resource and content', () => {
    expect([...vocabulary.resourceTypes].filter((type) => vocabulary.contentTypes.has(type))).toEqual([])
  })

  it('books are undecided: not resources (in-the-wild §3.2)', () => {
    expect([...vocabulary.undecidedTypes].filter((type) => vocabulary.resourceTypes.has(type))).toEqual([])
    expect(vocabulary.undecidedTypes.has('http://id.tincanapi.com/activitytype/book')).toBe(true)
  })

  it('ADL’s verbs of use are not administrative, though Moodle’s enrolment verbs end alike', () => {
    for (const verb of ['resumed', 'suspended', 'scored', 'attended']) {
      expect(vocabulary.administrativeVerbs.has(`http://adlnet.gov/expapi/verbs/${verb}`)).toBe(false)
    }
    expect(vocabulary.administrativeOnCourse.has('https://w3id.org/xapi/tla/verbs/resumed')).toBe(true)
  })
})
