import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Open, opened } from './opened.ts'

const LONG = 60_000

export function leaseStoreContract(open: Open): void {
  describe('LeaseStore (ruling 33)', () => {
    const stores = opened(open)

    it('is held by one at a time: another gets nothing while it is live', async () => {
      const name = randomUUID()
      expect(await stores().leases.acquire(name, 'a', LONG)).toMatchObject({ name, holder: 'a' })
      expect(await stores().leases.acquire(name, 'b', LONG)).toBeNull()
    })

    it('goes to exactly one of those who ask at the same time', async () => {
      const name = randomUUID()
      const asked = Array.from({ length: 8 }, (_, n) => stores().leases.acquire(name, `holder ${n}`, LONG))
      expect((await Promise.all(asked)).filter((lease) => lease !== null)).toHaveLength(1)
    })

    it('is renewed for its holder under the same fence', async () => {
      const name = randomUUID()
      const first = await stores().leases.acquire(name, 'a', LONG)
      expect(await stores().leases.acquire(name, 'a', LONG)).toEqual(first)
    })

    it('goes to another when it has run out, with a greater fence', async () => {
      const name = randomUUID()
      const first = await stores().leases.acquire(name, 'a', 0)
      const second = await stores().leases.acquire(name, 'b', LONG)
      expect(second?.holder).toBe('b')
      expect(second?.fence).toBeGreaterThan(first?.fence ?? Number.NaN)
      expect(await stores().leases.acquire(name, 'a', LONG)).toBeNull()
    })

    it('a fence is never used twice, not even after a release', async () => {
      const name = randomUUID()
      const fences: (number | undefined)[] = []
      for (const holder of ['a', 'b', 'a']) {
        const lease = await stores().leases.acquire(name, holder, LONG)
        fences.push(lease?.fence)
        if (lease) await stores().leases.release(lease)
      }
      expect(fences).not.toContain(undefined)
      expect(new Set(fences).size).toBe(3)
      expect(fences).toEqual([...fences].sort((a, b) => Number(a) - Number(b)))
    })

    it('a former holder cannot release what is another’s now', async () => {
      const name = randomUUID()
      const former = await stores().leases.acquire(name, 'a', 0)
      await stores().leases.acquire(name, 'b', LONG)
      if (former) await stores().leases.release(former)
      expect(await stores().leases.acquire(name, 'c', LONG)).toBeNull()
    })

    it('leases of different names do not hinder each other', async () => {
      expect(await stores().leases.acquire(randomUUID(), 'a', LONG)).not.toBeNull()
      expect(await stores().leases.acquire(randomUUID(), 'b', LONG)).not.toBeNull()
    })
  })
}
