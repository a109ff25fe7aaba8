/** Forecasts and simulations as jobs: they go on after a stop, and one process works on them (ruling 33). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policyOf } from '../../src/lrs/counting/policies.ts'
import { forecastModel } from '../../src/lrs/planning/forecast-model.ts'
import { simulationFor } from '../../src/lrs/planning/simulate.ts'
import { Interrupted } from '../../src/lrs/studies/step.ts'
import { windowAt } from '../../src/metering/windows.ts'
import type { Study } from '../../src/store/ports.ts'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

/** More than one slice. */
const PEOPLE = 60
const POLICY = {
  schema: 1,
  id: 'month',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'calendar', length: { months: 1 } },
  limit: { included: 100 },
}
const question = { policy: { ...POLICY, id: 'draft' } }

let server: Running
let tenant: string
beforeAll(async () => {
  server = await startServer()
  const timestamp = new Date(server.clock.now() - 86_400_000).toISOString()
  await server.send(
    Array.from({ length: PEOPLE }, (_, n) => statement({ actor: learner(`p-${n}`), timestamp })),
  )
  await server.api('/policies', { method: 'POST', body: POLICY })
  await server.counted('month')
  tenant = (await server.app.lrs.stores.tenants.list())[0]?.id ?? ''
})
afterAll(() => server.stop())

/** As another process that works on studies: the server does not, until it lets go. */
async function leased(): Promise<() => Promise<void>> {
  const { leases } = server.app.lrs.stores
  for (;;) {
    const lease = await leases.acquire('studies', 'another process', 600_000)
    if (lease) return () => leases.release(lease)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const asyncly = async (path: string, body: unknown): Promise<string> => {
  const headers = { Prefer: 'respond-async' }
  const response = await server.api(path, { method: 'POST', body, headers })
  expect(response.status).toBe(202)
  return `${path}/${((await response.json()) as { id: string }).id}`
}
const read = async (path: string) => (await (await server.api(path)).json()) as Study & { result: unknown }
async function ended(path: string) {
  for (;;) {
    const study = await read(path)
    if (study.ended !== null) return study
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
/** All that has been worked off while it was looked. */
async function replayed(carried: unknown, stopAfter = Number.POSITIVE_INFINITY) {
  const { lrs } = server.app
  const read: string[] = []
  const metering = new Proxy(lrs.stores.metering, {
    get: (target, name) =>
      name === 'history'
        ? (of: string, id: string) => {
            read.push(id)
            return target.history(of, id)
          }
        : Reflect.get(target, name),
  })
  let kept: unknown = null
  let steps = 0
  const asked = lrs.clock.now()
  const work = simulationFor(
    { ...lrs, stores: { ...lrs.stores, metering } },
    tenant,
    { question, asked, carried },
    async (_progress, carries) => {
      steps += 1
      kept = JSON.parse(JSON.stringify(carries))
      if (steps >= stopAfter) throw new Interrupted()
    },
  )
  const view = await work.catch((error) => {
    if (error instanceof Interrupted) return null
    throw error
  })
  return { view, kept, read }
}

describe('a simulation that is stopped', () => {
  it('F7: goes on where it was, and says what one says that was never stopped', async () => {
    const whole = await replayed(null)
    expect(whole.view).toMatchObject({ learners: PEOPLE, windows: [{ count: PEOPLE }] })
    const first = await replayed(null, 1)
    expect(first.view).toBeNull()
    const second = await replayed(first.kept)
    expect(second.view).toEqual(whole.view)
    expect(first.read.length + second.read.length).toBe(PEOPLE)
    expect(new Set([...first.read, ...second.read]).size).toBe(PEOPLE)
  })
})

describe('a forecast that is stopped', () => {
  it('F5: keeps no half of a model', async () => {
    const { lrs } = server.app
    const history = await policyOf(lrs.stores, tenant, 'month', 'GET /windows')
    const open = windowAt(history.versions, lrs.clock.now())
    if (!open) throw new Error('no window is open')
    const asked = { open, count: PEOPLE, limit: 100 }
    const stopped = forecastModel(lrs, tenant, history, asked, async () => {
      throw new Interrupted()
    })
    await expect(stopped).rejects.toThrow(Interrupted)
    const { model } = await forecastModel(lrs, tenant, history, asked, async () => undefined)
    expect(model.point.counted).toBe(PEOPLE)
  })
})

describe('studies', () => {
  it('ruling 33: wait while another process has the lease, and are worked on when it lets go', async () => {
    const release = await leased()
    const paths = [await asyncly('/simulations', question), await asyncly('/forecasts', { policy: 'month' })]
    // A turn of the jobs comes and goes.
    await server.counted('month')
    for (const path of paths) expect(await read(path)).toMatchObject({ state: 'waiting', ended: null })
    await release()
    for (const path of paths) expect((await ended(path)).state).toBe('done')
  })

  it('survive a restart: what was asked for is answered by the next process', async () => {
    const release = await leased()
    const paths = [await asyncly('/simulations', question), await asyncly('/forecasts', { policy: 'month' })]
    await release()
    await server.restart()
    expect((await ended(paths[0] as string)).result).toMatchObject({ learners: PEOPLE })
    expect((await ended(paths[1] as string)).result).toMatchObject({ counted: PEOPLE })
  })

  it('of one tenant, twenty may wait; the next is told to', async () => {
    const release = await leased()
    const paths: string[] = []
    for (let one = 0; one < 20; one += 1) paths.push(await asyncly('/forecasts', { policy: 'month' }))
    const response = await server.api('/forecasts', { method: 'POST', body: { policy: 'month' } })
    expect(response.status).toBe(429)
    for (const path of paths) expect((await server.api(path, { method: 'DELETE' })).status).toBe(204)
    await release()
    const next = await server.api('/forecasts', { method: 'POST', body: { policy: 'month' } })
    expect([200, 202]).toContain(next.status)
  })
})
