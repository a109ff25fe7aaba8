import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Tenant } from '../../src/store/ports.ts'
import { type Open, opened } from './opened.ts'

export function tenantStoreContract(open: Open): void {
  describe('TenantStore', () => {
    const stores = opened(open)
    const tenant = (slug: string): Tenant => ({
      id: randomUUID(),
      slug,
      name: `Name of ${slug}`,
      created: 1_700_000_000_000,
    })

    it('finds a tenant by its slug, exactly as it was created', async () => {
      const made = tenant(`slug-${randomUUID()}`)
      expect(await stores().tenants.create(made)).toBe('created')
      expect(await stores().tenants.bySlug(made.slug)).toEqual(made)
      expect(await stores().tenants.bySlug(`${made.slug}-other`)).toBeNull()
    })

    it('refuses a second tenant of one slug and leaves the first as it was', async () => {
      const first = tenant(`slug-${randomUUID()}`)
      const second = { ...tenant(first.slug), name: 'An impostor' }
      await stores().tenants.create(first)
      expect(await stores().tenants.create(second)).toBe('taken')
      expect(await stores().tenants.bySlug(first.slug)).toEqual(first)
      expect((await stores().tenants.list()).map(({ id }) => id)).not.toContain(second.id)
    })

    it('gives a slug to exactly one of those who ask for it at the same time', async () => {
      const slug = `slug-${randomUUID()}`
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => stores().tenants.create(tenant(slug))),
      )
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1)
      expect((await stores().tenants.list()).filter((one) => one.slug === slug)).toHaveLength(1)
    })
  })
}
