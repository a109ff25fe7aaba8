import { describe, expect, it } from 'vitest'
import type { Lrs } from '../../src/lrs/context.ts'
import { keepPace } from '../../src/lrs/files/keep-pace.ts'
import type { ComputedThrough } from '../../src/store/ports.ts'

const NOW = Date.UTC(2026, 5, 1)
const COMPLETE: ComputedThrough = { at: NOW, behind: null, failing: null }

/** Counts as `through` says; a commit takes no time. */
function importing(through: () => ComputedThrough) {
  const seen = { looks: 0, rested: 0, elapsed: 0 }
  const metering = {
    computedThrough: async () => {
      seen.looks += 1
      return through()
    },
  }
  const lrs = { stores: { metering }, clock: { now: () => NOW } } as unknown as Lrs
  const watch = {
    elapsed: () => seen.elapsed,
    sleep: async (ms: number) => {
      seen.rested += ms
      seen.elapsed += ms
    },
  }
  return { seen, commit: keepPace(lrs, 'tenant', watch) }
}

const behind = (ms: number): ComputedThrough => ({ at: NOW - ms, behind: 'marks', failing: null })

describe('an import beside counting', () => {
  it('does not rest while counts are kept up, or seconds behind', async () => {
    for (const through of [COMPLETE, behind(5_000)]) {
      const { seen, commit } = importing(() => through)
      for (let commits = 0; commits < 50; commits++) await commit()
      expect(seen.rested).toBe(0)
    }
  })

  it('rests a tenth of a second before each commit while they are more than five seconds behind', async () => {
    let through = behind(5_001)
    const { seen, commit } = importing(() => through)
    for (let commits = 0; commits < 10; commits++) await commit()
    expect(seen.rested).toBe(1_000)
    through = COMPLETE
    for (let commits = 0; commits < 50; commits++) await commit()
    expect(seen.rested).toBeLessThanOrEqual(1_500)
  })

  it('looks twice a second, not before each commit', async () => {
    const { seen, commit } = importing(() => COMPLETE)
    for (let commits = 0; commits < 100; commits++) {
      await commit()
      seen.elapsed += 10
    }
    expect(seen.looks).toBe(2)
  })

  it('does not wait for learners whose recount fails', async () => {
    const failing = { learners: 1, tried: NOW, others: NOW - 1_000 }
    const { seen, commit } = importing(() => ({ ...behind(3_600_000), failing }))
    for (let commits = 0; commits < 10; commits++) await commit()
    expect(seen.rested).toBe(0)
  })
})
