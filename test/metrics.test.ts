/** docs/operations.md against what a server really shows under /metrics. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startServer, statement } from './harness/running.ts'

const operations = readFileSync(new URL('../docs/operations.md', import.meta.url), 'utf8')
const [, table = ''] = /<!-- metrics: .*?-->\n([\s\S]*?)\n<!-- \/metrics -->/.exec(operations) ?? []

interface Row {
  readonly labels: readonly string[]
  readonly type: string
}

/** By name: what the table says of each metric of ours. */
const DOCUMENTED = new Map(
  [...table.matchAll(/^\| `(rollcall_\w+)(?:\{([\w,]+)\})?` \| (\w+), (.+?) \| (.{10,}) \|$/gm)].map(
    ([, name = '', labels = '', type = '']): [string, Row] => [
      name,
      {
        type,
        labels: labels
          .split(',')
          .filter((label) => label !== '')
          .sort(),
      },
    ],
  ),
)

let server: Running
let text: string
beforeAll(async () => {
  server = await startServer()
  await server.send(statement())
  text = await (await fetch(`${server.url}/metrics`)).text()
})
afterAll(() => server.stop())

describe('the list of metrics in docs/operations.md', () => {
  it('has every metric that is shown, with its type and its labels, and no other', () => {
    const shown = [...text.matchAll(/^# TYPE (rollcall_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => {
      const found = [...text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{(.*?)\\} `, 'gm'))]
      const labels = found.flatMap(([, labels = '']) =>
        [...labels.matchAll(/(\w+)="/g)].map(([, one]) => one),
      )
      return [name, { type, labels: [...new Set(labels)].filter((label) => label !== 'le').sort() }]
    })
    expect(shown.length).toBeGreaterThan(8)
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(DOCUMENTED))
  })

  it('is all that its panels, alarms and rules ask for', () => {
    const asked = new Set(
      [...operations.matchAll(/\b(?:rollcall|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name),
    )
    const shown = new Set([...text.matchAll(/^(\w+?)[{ ]/gm)].map(([, name]) => name))
    const prefixes = ['process_', 'nodejs_']
    expect(
      [...asked].filter((name) => !prefixes.includes(name) && !shown.has(name) && !DOCUMENTED.has(name)),
    ).toEqual([])
  })

  it('names every reason a request can be refused for from the start, so that the first one raises its alarm', () => {
    expect(text).toContain('rollcall_refusals_total{reason="unavailable"} 0')
  })
})
