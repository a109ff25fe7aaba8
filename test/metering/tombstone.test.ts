import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Classified } from '../../src/attempts/derivation.ts'
import type { Policy } from '../../src/metering/policy.ts'
import { recount } from '../../src/metering/recount.ts'
import { tombstonesFor } from '../../src/metering/tombstone.ts'
import { classified, policy, versions } from './build.ts'

const NOBODY: ReadonlySet<string> = new Set()
const kept = { removal: { purged: 'counts' as const } }
const policies: readonly (readonly [string, Policy])[] = [
  ['months', policy(kept)],
  ['once ever', policy({ ...kept, unique: { by: ['learner'], once: 'ever' } })],
  ['activities', policy({ ...kept, unique: { by: ['learner', 'activity'] } })],
  ['two days', policy({ ...kept, count: { any: [{ evidence: true }], atLeast: { n: 2, distinct: 'day' } } })],
  [
    'two attempts',
    policy({ ...kept, count: { any: [{ evidence: true }], atLeast: { n: 2, distinct: 'attempt' } } }),
  ],
  ['of age', policy({ ...kept, count: { any: [{ evidence: true }], minAgeHours: 24 } })],
  ['rolling', policy({ ...kept, window: { kind: 'rolling', length: { months: 2 } } })],
]
const START = Date.parse('2024-01-01T00:00:00Z')
const history: fc.Arbitrary<readonly Classified[]> = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 180 * 24 }).map((hours) => START + hours * 3_600_000),
      element: fc.constantFrom('https://a.example', 'https://b.example'),
      attempt: fc.constantFrom('a-1', 'a-2'),
      obstacles: fc.constantFrom([], [], ['voided' as const]),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((list) => list.map(classified))

const keysOf = (counts: ReturnType<typeof recount>) =>
  counts.map(({ counted, firstQualified, standing = [] }) => ({
    firstQualified,
    keys: [...counted, ...standing].map(({ windowStart, key, evidence }) => [windowStart, key, evidence.at]),
  }))

describe('What is left of purged evidence (ruling 8)', () => {
  test.each(policies)(
    '%s: a policy that counts purged evidence counts the same after all of it, or any part, is purged',
    (_, one) => {
      const under = versions(one)
      fc.assert(
        fc.property(
          history.chain((list) => fc.tuple(fc.constant(list), fc.subarray([...list]))),
          ([list, purged]) => {
            const tombstones = purged.flatMap((each) => tombstonesFor(each, under, NOBODY, (name) => name))
            const left = list.filter((each) => !purged.includes(each))
            expect(keysOf(recount(left, under, { tombstones }))).toEqual(keysOf(recount(list, under)))
          },
        ),
        { numRuns: 1000 },
      )
    },
  )

  it('A24: a policy that drops purged evidence is left nothing', () => {
    expect(tombstonesFor(classified(), versions(policy()), NOBODY, (name) => name)).toEqual([])
  })

  it('what did not qualify leaves nothing, and what did says no statement', () => {
    const under = versions(policy(kept))
    expect(tombstonesFor(classified({ obstacles: ['resource'] }), under, NOBODY, String)).toEqual([])
    const [left] = tombstonesFor(classified({ id: 's-1' }), under, NOBODY, () => 'hidden')
    expect(JSON.stringify(left)).not.toContain('s-1')
    const [counted] = recount([], under, left && { tombstones: [left] })
    expect(counted?.counted[0]?.evidence).toMatchObject({ statementId: 'hidden', rule: 'purged' })
  })

  it('another version of the policy, or another policy, does not count it', () => {
    const [left] = tombstonesFor(classified(), versions(policy(kept)), NOBODY, String)
    const other = versions(policy({ ...kept, id: 'other' }))
    expect(recount([], other, left && { tombstones: [left] })[0]?.counted).toEqual([])
  })
})
