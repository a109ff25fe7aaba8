/** docs/conformance.md names only what is there: each file and each title in it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const DOCS = join(import.meta.dirname, '..', 'docs')
const text = readFileSync(join(DOCS, 'conformance.md'), 'utf8')

interface Row {
  readonly group: number
  readonly demand: string
  /** File, then the titles it is said to hold. */
  readonly links: readonly { readonly file: string; readonly titles: readonly string[] }[]
}

const rows: readonly Row[] = [...text.matchAll(/^\| (\d+) \| (.+?) \| (\[.+) \|$/gm)].map(
  ([, group = '', demand = '', tests = '']) => ({
    group: Number(group),
    demand,
    links: [...tests.matchAll(/\]\(([^)]+)\)((?: (?:· )?`[^`]+`)*)/g)].map(([, file = '', titles = '']) => ({
      file,
      titles: [...titles.matchAll(/`([^`]+)`/g)].map(([, title = '']) => title),
    })),
  }),
)

describe('the acceptance set', () => {
  it('has a row for every group that has a file, and every row has a test', () => {
    const groups = new Set(rows.map(({ group }) => group))
    const files = readdirSync(join(import.meta.dirname, 'acceptance')).filter((file) => /^\d\d-/.test(file))
    expect(files.filter((file) => !groups.has(Number(file.slice(0, 2))))).toEqual([])
    expect(rows.filter(({ links }) => links.length === 0)).toEqual([])
  })

  it.each(rows.map((row) => [row.group, row.demand, row.links] as const))(
    '%i: %s',
    (_group, _demand, links) => {
      for (const { file, titles } of links) {
        const path = join(DOCS, file)
        expect(existsSync(path), file).toBe(true)
        const source = readFileSync(path, 'utf8')
        expect(titles.length, `${file} is linked without a title`).toBeGreaterThan(0)
        expect(titles.filter((title) => !source.includes(title))).toEqual([])
      }
    },
  )
})
