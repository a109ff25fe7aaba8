/** docs/scaling.md speaks of the collections there are, and of all of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BUCKET } from '../../src/store/mongo/schema/attachment-collections.ts'
import { INDEXES } from '../../src/store/mongo/schema/indexes.ts'

const text = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8')
const sharded = [...text.matchAll(/shardCollection\("rollcall\.(\w+)"/g)].map(([, name]) => name as string)
const unsharded = [...(/`(meta [\w\s.`]+)`/.exec(text)?.[1]?.matchAll(/[\w.]+/g) ?? [])].map(([name]) => name)
const declared = Object.keys(INDEXES).filter((name) => !name.startsWith(`${BUCKET}.`))
const adapter = new URL('../../src/store/mongo/', import.meta.url)
const files = readdirSync(adapter, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
)
const used = files.flatMap((file) =>
  [...readFileSync(new URL(file, adapter), 'utf8').matchAll(/\bcollection(?:<\w+>)?\('(\w+)'\)/g)].map(
    ([, name]) => name as string,
  ),
)
const zone = /for \(const name of (\[.+?\])\)/s.exec(text)?.[1] ?? '[]'

describe('docs/scaling.md', () => {
  it('says of every declared collection, once, whether it is sharded', () => {
    expect(declared.length).toBeGreaterThan(40)
    expect([...sharded, ...unsharded].sort()).toEqual([...declared].sort())
  })

  it('and the adapter uses declared collections only', () => {
    expect(used.length).toBeGreaterThan(40)
    expect(used.filter((name) => !declared.includes(name))).toEqual([])
  })

  it('gives a tenant’s zone every sharded collection', () => {
    expect([...(JSON.parse(zone) as string[]), 'references'].sort()).toEqual([...sharded].sort())
  })

  it('names every index that a database of the version before must be given by hand', () => {
    const commands = [...text.matchAll(/^db\.(\w+)\.createIndex\((\{.*?\})\)/gm)]
    expect(commands.length).toBeGreaterThan(1)
    for (const [, name = '', key = ''] of commands)
      expect(INDEXES[name]?.map((index) => JSON.stringify(index.key))).toContain(key)
  })
})
