/** The promises of StudyStore (src/store/ports.ts), for every adapter. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Lease, Study } from '../../src/store/ports.ts'
import { newTenant, type Open, opened } from './opened.ts'

/** Far in the past of what other suites ask, so that these are the oldest. */
let clock = 1_000_000

function studyOf(given: Partial<Study> = {}): Study {
  clock += 1_000
  return {
    id: randomUUID(),
    kind: 'simulation',
    author: 'ana@example.org',
    asked: clock,
    question: { policy: { id: 'p' }, $odd: { 'a.b': 1 } },
    state: 'waiting',
    progress: null,
    carried: null,
    ended: null,
    answer: null,
    failure: null,
    ...given,
  }
}

export function studyStoreContract(open: Open): void {
  describe('StudyStore', () => {
    const stores = opened(open)
    const studies = () => stores().studies
    const leased = async () =>
      (await stores().leases.acquire(`studies ${randomUUID()}`, 'test', 60_000)) as Lease
    const openOf = async (tenant: string) =>
      (await studies().open(1_000)).filter((one) => one.tenant === tenant).map(({ study }) => study)

    it('keeps a study as it was asked, for its tenant alone, and lists what is open, oldest first', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      const [first, second] = [studyOf(), studyOf({ kind: 'forecast' })]
      await studies().add(tenant, second)
      await studies().add(tenant, first)
      await studies().add(other, studyOf())
      expect(await studies().byId(tenant, first.id)).toEqual(first)
      expect(await studies().byId(other, first.id)).toBeNull()
      expect(await openOf(tenant)).toEqual([first, second])
      expect(await studies().countOpen(tenant)).toBe(2)
      expect(await studies().open(1)).toHaveLength(1)
    })

    it('saves how far it is, and what came of it; then it is open no more', async () => {
      const tenant = newTenant()
      const study = studyOf()
      await studies().add(tenant, study)
      const lease = await leased()
      const running: Study = {
        ...study,
        state: 'running',
        progress: { done: 10, of: null, unit: 'learners' },
        carried: { position: 'x', counts: [[1, 2]] },
      }
      expect(await studies().save(lease, tenant, running)).toBe('saved')
      expect(await openOf(tenant)).toEqual([running])
      const done: Study = { ...running, state: 'done', ended: clock, answer: { windows: [] }, carried: null }
      expect(await studies().save(lease, tenant, done)).toBe('saved')
      expect(await studies().byId(tenant, study.id)).toEqual(done)
      expect(await openOf(tenant)).toEqual([])
      expect(await studies().countOpen(tenant)).toBe(0)
    })

    it('writes nothing under a lease that is no longer held, and nothing of a study that was removed', async () => {
      const tenant = newTenant()
      const study = studyOf()
      await studies().add(tenant, study)
      const lease = await leased()
      await stores().leases.release(lease)
      expect(await studies().save(lease, tenant, { ...study, state: 'running' })).toBe('fenced')
      expect(await studies().byId(tenant, study.id)).toEqual(study)
      expect(await studies().remove(newTenant(), study.id)).toBe(false)
      expect(await studies().remove(tenant, study.id)).toBe(true)
      expect(await studies().remove(tenant, study.id)).toBe(false)
      expect(await studies().save(await leased(), tenant, { ...study, state: 'running' })).toBe('gone')
      expect(await studies().byId(tenant, study.id)).toBeNull()
    })

    it('removes what ended before an instant, of all tenants, and nothing that is open', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      const ended = (at: number) => studyOf({ state: 'done', ended: at, answer: 1 })
      const [old, older, young, running] = [ended(500), ended(400), ended(600), studyOf({ asked: 300 })]
      for (const one of [old, young, running]) await studies().add(tenant, one)
      await studies().add(other, older)
      await studies().removeEnded(501)
      const left = [old, young, running].map(async ({ id }) => (await studies().byId(tenant, id)) !== null)
      expect(await Promise.all(left)).toEqual([false, true, true])
      expect(await studies().byId(other, older.id)).toBeNull()
    })
  })
}
