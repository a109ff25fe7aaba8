import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partOf } from '../../src/lrs/close/copy-rows.ts'

describe('parts of sealed rows', () => {
  const tokens = Array.from({ length: 5_000 }, () => randomBytes(32).toString('base64url'))

  it('follow each other as tokens do, and are about alike', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 64 }), (parts) => {
        const found = [...tokens].sort((a, b) => (a < b ? -1 : 1)).map((token) => partOf(token, parts))
        expect(found).toEqual([...found].sort((a, b) => a - b))
        const sizes = Array.from({ length: parts }, (_, part) => found.filter((one) => one === part).length)
        expect(Math.max(...sizes)).toBeLessThan((tokens.length / parts) * 2)
        expect(Math.min(...sizes)).toBeGreaterThan(0)
      }),
    )
  })
})
