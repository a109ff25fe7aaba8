/** Properties of metering over random histories on a store (ruling 39: 50 each, 1,000 by `npm run soak`). */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Act, histories, use } from './acts.ts'
import { type Broken, Lived, storedRows } from './lived.ts'
import { send, sendingOf } from './sending.ts'
import { Installation } from './tenant.ts'
import { Told } from './told.ts'

const installation = new Installation()
beforeAll(() => installation.open())
afterAll(() => installation.close())

const [RUNS, PATIENCE_MS] = process.env.ROLLCALL_SOAK === '1' ? [1000, 7_200_000] : [50, 300_000]
/** All look at the same histories: each is lived through once. */
const SEED = Number(process.env.ROLLCALL_SEED ?? 20261127)
const lived = new Map<string, Promise<Broken>>()

function through(acts: readonly Act[]): Promise<Broken> {
  const name = JSON.stringify(acts)
  const known = lived.get(name) ?? Lived.begin(installation).then((one) => one.through(acts))
  lived.set(name, known)
  return known
}

const PROPERTIES: readonly (readonly [string, keyof Broken])[] = [
  ['a recount from scratch equals what is stored, row by row and total by total (design, idea 2)', 'recount'],
  ['A25: 0 ≤ active ≤ total, tombstones included (ruling 9)', 'total'],
  ['Q15: a closed snapshot never changes, whatever is done after it', 'snapshot'],
  [
    'ruling 16: snapshot + automatic adjustments are what is known today; with purges, what the statements give',
    'today',
  ],
  [
    'F10, Q21: what a dry run says of a deletion, a merge, a split and an import is what it then does',
    'dryRun',
  ],
  ['Q21: merging two people and splitting them again restores every open window', 'splitting'],
]

describe(`${RUNS} histories`, () => {
  it(
    'ruling 6: permutation, duplication and splitting of what is sent change nothing',
    async () => {
      const uses = fc.array(use, { minLength: 1, maxLength: 7 })
      const holds = fc.asyncProperty(sendingOf(uses), async (sending) => {
        const told = new Told(await installation.begin())
        await send(installation, told, sending)
        expect(await storedRows(installation, told.windows())).toEqual(told.explained())
      })
      await fc.assert(holds, { numRuns: RUNS, seed: SEED })
    },
    PATIENCE_MS,
  )
})

describe(`${RUNS} histories, each lived through once`, () => {
  it.each(PROPERTIES)(
    '%s',
    async (_title, property) => {
      const holds = fc.asyncProperty(histories, async (acts) => {
        expect((await through(acts))[property]).toEqual([])
      })
      await fc.assert(holds, { numRuns: RUNS, seed: SEED })
    },
    600_000,
  )
})
