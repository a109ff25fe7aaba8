import { expect, it } from 'vitest'
import { unionFind } from '../../src/attempts/union-find.ts'

it('the representative of a set is its smallest item, whatever the order of joins', () => {
  for (const joins of [
    [
      ['c', 'b'],
      ['b', 'a'],
    ],
    [
      ['a', 'b'],
      ['c', 'a'],
    ],
  ] as const) {
    const sets = unionFind()
    for (const [a, b] of joins) sets.join(a, b)
    expect(['a', 'b', 'c'].map(sets.find)).toEqual(['a', 'a', 'a'])
  }
})

it('an item by itself is its own set', () => {
  const sets = unionFind()
  sets.add('x')
  sets.join('a', 'b')
  expect([sets.find('x'), [...sets.items()].sort()]).toEqual(['x', ['a', 'b', 'x']])
})
