/** Published samples of other projects: what the field writes must be taken, and be the same after each of our own steps. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkStatement } from '../../src/xapi/check-statement.ts'
import { exactText } from '../../src/xapi/exact.ts'
import { isSameStatement } from '../../src/xapi/immutability.ts'
import { readJson } from '../../src/xapi/json.ts'
import { canonicalText, idsText } from '../../src/xapi/projection.ts'
import type { Statement } from '../../src/xapi/types.ts'
import { UUID } from './sample.ts'

const STATEMENTS = new URL('../../statements/', import.meta.url)

/** Lacks a comma after a member, as published. */
const BROKEN = 'cmi5/16-not_applicable-no_launch/05-initialized_statement.json'

const samples = [
  ...files('cmi5').filter((file) => file.endsWith('_statement.json')),
  ...files('scorm-profile/statements').filter(
    (file) => file.endsWith('.json') && !file.endsWith('expected.json'),
  ),
]

function files(folder: string): string[] {
  return readdirSync(new URL(folder, STATEMENTS), { recursive: true, encoding: 'utf8' }).map(
    (file) => `${folder}/${file}`,
  )
}

function read(file: string) {
  return readJson(readFileSync(new URL(file, STATEMENTS)))
}

it('there are samples of both profiles', () => {
  expect(samples.filter((file) => file.startsWith('cmi5/')).length).toBeGreaterThan(50)
  expect(samples.filter((file) => file.startsWith('scorm-profile/')).length).toBeGreaterThan(10)
})

describe.each(samples.filter((file) => file !== BROKEN))('%s', (file) => {
  it('is valid in both versions', () => {
    const json = read(file) as { value: unknown }
    for (const one of [json.value].flat()) {
      expect(checkStatement(one, '1.0.3')).toEqual([])
      expect(checkStatement(one, '2.0.0')).toEqual([])
    }
  })

  it('is valid and the same statement as the LRS shows it', () => {
    const { text, value } = read(file) as { text: string; value: Statement }
    const raw = Array.isArray(value) ? JSON.stringify(value[0]) : text
    const exact = exactText({ raw, id: UUID, stored: 0, authority: '{"openid":"x:key"}', version: '1.0.0' })
    const known = { statement: JSON.parse(raw) as Statement, timestamp: 0 }
    for (const shown of [exact, canonicalText(exact, 'en')]) {
      expect(checkStatement(JSON.parse(shown), '1.0.3')).toEqual([])
      expect(isSameStatement(known, JSON.parse(shown), '1.0.3')).toBe(true)
    }
    expect(checkStatement(JSON.parse(idsText(exact)), '1.0.3')).toEqual([])
  })
})

it(`${BROKEN} is no JSON (XAPI-00014)`, () => {
  expect(read(BROKEN)).toMatchObject({ violation: { path: '$', requirement: 'XAPI-00014' } })
})
