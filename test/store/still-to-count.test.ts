import { expect, it } from 'vitest'
import { MOST_MARKS, stillToCount } from '../../src/store/still-to-count.ts'

it.each([
  [1, 'what is known of 1 identifiers '],
  [MOST_MARKS, 'what is known of 10000 identifiers '],
  [MOST_MARKS + 1, 'what is known of more than 10000 identifiers '],
])('says of %i marks how many there are, up to as many as it is quick to count', (marks, text) => {
  expect(stillToCount(marks)).toContain(text)
})
