/** Every rule of counting (A1–A25, D1–D11, Q1–Q26) is named by the title of a test that holds it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const numbered = (letter: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`)
const RULES = [...numbered('A', 25), ...numbered('D', 11), ...numbered('Q', 26), 'Q22a']

/** Rules of what is not here yet. A line goes when its test comes. */
const TO_COME: readonly string[] = []

const TITLE = /(?:\b(?:test|it|describe)(?:\.\w+)?|[)\]])\(\s*(['"`])((?:\\.|(?!\1)[^\\\n])*)\1/g

function titlesOf(source: string): readonly string[] {
  return [...source.matchAll(TITLE)].map(([, , title = '']) => title)
}

/** `A1–A3` and `Q11, Q12` name each of theirs. */
function rulesIn(title: string): readonly string[] {
  return [...title.matchAll(/\b([ADQ])(\d+a?)(?:[–-]\1?(\d+))?\b/g)].flatMap(
    ([, letter, first = '', last]) =>
      last === undefined
        ? [`${letter}${first}`]
        : Array.from(
            { length: Number(last) - Number(first) + 1 },
            (_, at) => `${letter}${Number(first) + at}`,
          ),
  )
}

function namedBy(directory: string): ReadonlySet<string> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && name !== 'counting-rules.test.ts')
    .map((name) => readFileSync(join(directory, name), 'utf8'))
  return new Set(files.flatMap(titlesOf).flatMap(rulesIn))
}

test('each rule of counting is in the title of a test', () => {
  const named = namedBy(import.meta.dirname)
  expect(RULES.filter((rule) => !named.has(rule) && !TO_COME.includes(rule))).toEqual([])
})

test('a title is one only where a test begins, and a rule only where it stands whole', () => {
  const source =
    "test('A1, A3–A4: x', () => {\n  call('Q7')\n})\ntest.each([\n  1,\n])('Q22a: %i', () => {})\n// A9"
  expect(titlesOf(source).flatMap(rulesIn)).toEqual(['A1', 'A3', 'A4', 'Q22a'])
  expect(rulesIn('XAPI-00145, AA1')).toEqual([])
})
