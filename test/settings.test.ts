import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../src/config.ts'
import { settingsTable } from '../src/settings.ts'

const operations = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8')

describe('the table of settings', () => {
  it('stands in docs/operations.md as the schema says it (paste what `rollcall settings` prints)', () => {
    const [, table] = /<!-- settings: .*?-->\n([\s\S]*?)\n<!-- \/settings -->/.exec(operations) ?? []
    expect(table).toBe(settingsTable().join('\n'))
  })

  it.each(Object.keys(configSchema.shape))('says what %s means', (name) => {
    const row = settingsTable().find((line) => line.startsWith(`| \`${name}\` |`))
    expect(row).toMatch(/\| [A-Z`][^|]{10,}\. \|$|\| [A-Z`][^|]{10,} \|$/)
  })

  it('shows defaults as an operator would write them', () => {
    expect(settingsTable().join('\n')).toContain('| `ROLLCALL_BODY_LIMIT` | `10mb` |')
  })
})
