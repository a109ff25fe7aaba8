import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partOf } from '../../src/lrs/close/copy-rows.ts'

describe('parts of the rows of a closing window', () => {
  const learners = Array.from({ length: 5_000 }, () => randomUUID())

  it('are about alike, and every learner is in one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), (parts) => {
        const found = learners.map((learner) => partOf(learner, parts))
        const sizes = Array.from({ length: parts }, (_, part) => found.filter((one) => one === part).length)
        expect(sizes.reduce((sum, size) => sum + size)).toBe(learners.length)
        expect(Math.max(...sizes)).toBeLessThan((learners.length / parts) * 2)
        expect(Math.min(...sizes)).toBeGreaterThan(0)
      }),
    )
  })
})
