/** The validator and a second opinion agree near the border of validity: 2,000 statements with every run, 100,000 with ROLLCALL_SOAK=1 (`npm run soak`). */
import { describe, expect, it } from 'vitest'
import { checkStatement } from '../../src/xapi/check-statement.ts'
import { fc } from './arbitraries.ts'
import { nearlyValid } from './near-valid.ts'
import { oracle } from './oracle.ts'
import { FULL } from './sample.ts'

const RUNS = process.env.ROLLCALL_SOAK === undefined ? 2_000 : 100_000

describe.each(['1.0.3', '2.0.0'] as const)('version %s', (version) => {
  it('takes the statement that the others are made of, and so does the second opinion', () => {
    expect([checkStatement(FULL, version), oracle(FULL, version)]).toEqual([[], true])
  })

  it('agrees with the second opinion on every statement, and both are asked about good and bad ones', () => {
    let valid = 0
    fc.assert(
      fc.property(nearlyValid, (statement) => {
        const found = checkStatement(statement, version)
        if (found.length === 0) valid += 1
        expect([oracle(statement, version), found.slice(0, 1)]).toEqual([
          found.length === 0,
          found.slice(0, 1),
        ])
      }),
      { numRuns: RUNS / 2 },
    )
    expect(valid).toBeGreaterThan(RUNS / 40)
    expect(valid).toBeLessThan(RUNS / 2.2)
  }, 600_000)
})
