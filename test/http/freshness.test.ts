/** How soon a statement counts, and that `computedThrough` never promises too much. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
  await server.api('/policies', { method: 'POST', body: POLICY })
  await server.counted('year')
})
afterAll(() => server.stop())

const POLICY = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}

interface Licence {
  activeLearners: number
  computedThrough: string
  behind: string | null
}
const licence = async () => (await (await server.api('/licence?policy=year')).json()) as Licence

describe('a count', () => {
  // The two seconds are a requirement, not a measure of speed; an idle server needs a small part of them.
  it('shows a statement within 2 seconds on an idle server', { retry: 2 }, async () => {
    const before = (await licence()).activeLearners
    await server.send(statement({ actor: learner(`fresh-${Date.now()}`) }))
    const deadline = Date.now() + 2_000
    while ((await licence()).activeLearners === before) {
      expect(Date.now()).toBeLessThan(deadline)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })

  it('never misses a learner stored up to computedThrough, while statements come in', async () => {
    /** Every new learner with the instant it was answered at: it was stored before that. */
    const answered: { at: number }[] = []
    const start = (await licence()).activeLearners
    let writing = true
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; n < 60; n++) {
        await server.send([
          statement({ actor: learner(`w-${writer}-${n}`) }),
          statement({ actor: learner(`w-${writer}-${n}`) }),
        ])
        answered.push({ at: server.clock.now() })
      }
    })
    const done = Promise.all(writers).then(() => {
      writing = false
    })
    let checks = 0
    while (writing) {
      // Taken before the licence is read: everything answered until then and stored up to computedThrough must be in.
      const known = [...answered]
      const { activeLearners, computedThrough } = await licence()
      const through = Date.parse(computedThrough)
      expect(activeLearners - start).toBeGreaterThanOrEqual(known.filter(({ at }) => at <= through).length)
      checks += 1
    }
    await done
    expect(checks).toBeGreaterThan(5)
    expect((await server.counted('year')).activeLearners).toBe(start + 240)
    expect((await licence()).behind).toBeNull()
  })

  it('says what holds computedThrough back while a policy is built', async () => {
    const response = await server.api('/policies', { method: 'POST', body: { ...POLICY, id: 'later' } })
    expect(await response.json()).toMatchObject({ state: 'building' })
    const first = await licence()
    if (Date.parse(first.computedThrough) < server.clock.now() - 1_000) expect(first.behind).toBeTruthy()
    expect(await server.counted('later')).toMatchObject({
      state: 'ready',
      activeLearners: (await licence()).activeLearners,
    })
  })
})
