/**
 * Every write of metering, deleting, people and closing under faults: at each of its calls the connection breaks, or the
 * database is gone from there on. What is repeated then, as a job or a client does, ends as if nothing had happened.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newTenant } from '../contract/opened.ts'
import { brokenConnection, type Moment } from '../harness/faults.ts'
import { OPERATIONS, type Operation } from './mongo-metering-operations.ts'
import { newPortWorld, type PortProcess, type PortWorld } from './mongo-port-processes.ts'

let world: PortWorld
let calm: PortProcess
beforeAll(async () => {
  world = await newPortWorld()
  calm = world.start()
})
afterAll(() => world.close())

/** Of long operations every so many calls, or with ROLLCALL_SOAK=1 every single one. */
const strideOf = (calls: number) => (process.env.ROLLCALL_SOAK === '1' ? 1 : Math.ceil(calls / 16))

/** The writer's lease is the matter of mongo-interleavings.test.ts. */
const isCounted = (name: string) => !name.startsWith('epochs.')

interface Prepared {
  readonly tenant: string
  readonly operation: Operation
  readonly given: unknown
}

async function prepared(operation: Operation): Promise<Prepared> {
  const tenant = newTenant()
  return { tenant, operation, given: await operation.prepare(calm.stores, tenant, world.database.url) }
}
const act = ({ operation, tenant, given }: Prepared, by: PortProcess) =>
  operation.act(by.stores, tenant, given)
const look = ({ operation, tenant, given }: Prepared) => operation.look(calm.stores, tenant, given)

/** How many calls it makes, and what it leaves when nothing goes wrong. */
async function undisturbed(operation: Operation): Promise<{ calls: number; end: unknown; start: unknown }> {
  const one = world.start()
  const made = await prepared(operation)
  const start = await look(made)
  const before = one.faults.calls.length
  await act(made, one)
  const calls = one.faults.calls.slice(before).filter(({ name }) => isCounted(name)).length
  return { calls, end: await look(made), start }
}

/** The nth call, or with `on` every one from there. */
function failing(one: PortProcess, moment: Moment, nth: number, on: boolean): () => void {
  let n = -1
  return one.faults.hook((call, at) => {
    if (at !== moment || !isCounted(call.name)) return
    n += 1
    if (on ? n >= nth : n === nth) throw on ? new Error('gone') : brokenConnection()
  })
}

describe.each(Object.entries(OPERATIONS).filter(([name]) => !name.includes('damaged')))(
  '%s',
  (_name, operation) => {
    it.each<Moment>(['before', 'after'])(
      'a connection that breaks %s any of its calls: it ends as always, if need be when it is repeated',
      async (moment) => {
        const { calls, end, start } = await undisturbed(operation)
        expect(end).not.toEqual(start)
        expect(calls).toBeGreaterThan(2)
        for (let nth = 0; nth < calls; nth += strideOf(calls)) {
          const one = world.start()
          const made = await prepared(operation)
          const mend = failing(one, moment, nth, false)
          await act(made, one).catch(() => act(made, one))
          mend()
          await world.sweepAfterSilence()
          expect(await look(made), `call ${nth}`).toEqual(end)
        }
      },
      120_000,
    )

    it.each<Moment>(['before', 'after'])(
      'a process that is gone from any of its calls on (%s): all or nothing after a sweep, and another one brings it to its end',
      async (moment) => {
        const { calls, end, start } = await undisturbed(operation)
        for (let nth = 0; nth < calls; nth += strideOf(calls)) {
          const one = world.start()
          const made = await prepared(operation)
          const mend = failing(one, moment, nth, true)
          await act(made, one).catch(() => undefined)
          await world.sweepAfterSilence()
          if (operation.whole) expect([start, end], `call ${nth}`).toContainEqual(await look(made))
          const other = world.start()
          await act(made, other)
          expect(await look(made), `call ${nth}`).toEqual(end)
          mend()
        }
      },
      120_000,
    )
  },
)

describe('repair beside recounts that are running', () => {
  const damaged = OPERATIONS['recounts of damaged rows']
  const STEP = strideOf(48)
  const recount = ({ tenant }: Prepared, by: PortProcess) => OPERATIONS.recounts.act(by.stores, tenant)
  const repair = ({ tenant }: Prepared, by: PortProcess) => OPERATIONS.repair.act(by.stores, tenant)

  it.each([
    ['a repair while a recount stops', recount, repair],
    ['a recount while a repair stops', repair, recount],
  ])(
    '%s at any of its calls: nothing of either is lost, and totals are what the rows add up to',
    async (_name, slow, quick) => {
      const { end } = await undisturbed(damaged)
      let stops = 0
      for (let nth = 0, stopped = true; stopped; nth += STEP) {
        const one = world.start()
        const made = await prepared(damaged)
        const pause = pausedAt(one, nth)
        const working = slow(made, one)
        stopped = await Promise.race([pause.reached.then(() => true), working.then(() => false)])
        await quick(made, calm)
        pause.resume()
        await working
        // What the other one made dirty again is counted by the next drain.
        await recount(made, calm)
        expect(await look(made), `call ${nth}`).toEqual(end)
        expect(await calm.stores.metering.repair(made.tenant)).toEqual({ strays: 0, windows: 0, policies: 0 })
        if (stopped) stops += 1
      }
      expect(stops).toBeGreaterThan(7)
    },
    120_000,
  )
})

/** Holds up its nth call. */
function pausedAt(one: PortProcess, nth: number) {
  let resume: () => void = () => undefined
  let arrive: () => void = () => undefined
  const reached = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const resumed = new Promise<void>((resolve) => {
    resume = resolve
  })
  let n = -1
  one.faults.hook(async (call, at) => {
    if (at !== 'before' || !isCounted(call.name)) return
    n += 1
    if (n !== nth) return
    arrive()
    await resumed
  })
  return { reached, resume: () => resume() }
}
