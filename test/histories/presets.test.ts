/** Random uses under the ready-made policies, on a store: what is sent, however it is sent, counts as on paper (ruling 39). */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareCounts } from '../../src/lrs/counting/rebuild-counts.ts'
import type { PolicyInput } from '../../src/metering/policy.ts'
import { preset, presetNames } from '../../src/metering/presets.ts'
import { longUses } from './acts.ts'
import { storedRows } from './lived.ts'
import { send, sendingOf } from './sending.ts'
import { Installation } from './tenant.ts'
import { Told } from './told.ts'

const installation = new Installation()
beforeAll(() => installation.open())
afterAll(() => installation.close())

const [RUNS, PATIENCE_MS] = process.env.ROLLCALL_SOAK === '1' ? [1000, 7_200_000] : [50, 300_000]
const SEED = Number(process.env.ROLLCALL_SEED ?? 20261127)
/** Three policies at a time: each of the 18 has its turn with several histories. */
const AT_ONCE = 3
const chosen = fc.shuffledSubarray([...presetNames], { minLength: AT_ONCE, maxLength: AT_ONCE })

describe(`${RUNS} histories under all presets`, () => {
  it(
    'sent twice in any order and cut anywhere (ruling 6), each counts what is worked out from scratch',
    async () => {
      const counting = new Set<string>()
      const holds = fc.asyncProperty(sendingOf(longUses), chosen, async (sending, names) => {
        const policies = names.map((name) => preset(name) as PolicyInput)
        const told = new Told(await installation.begin(() => policies), policies)
        await send(installation, told, sending)
        const stored = await storedRows(installation, told.windows())
        expect(stored).toEqual(told.explained())
        for (const id of Object.keys(stored)) counting.add(id.split('.')[0] ?? '')
        const lines: string[] = []
        const compare = { print: (line: string) => lines.push(line), settled: async () => null }
        for (const name of names) await compareCounts(installation.lrs, installation.admin, name, compare)
        expect(lines).toEqual([])
      })
      await fc.assert(holds, { numRuns: RUNS, seed: SEED })
      expect([...counting].sort()).toEqual([...presetNames].sort())
    },
    PATIENCE_MS,
  )
})
