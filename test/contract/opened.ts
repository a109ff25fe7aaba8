/** What a contract suite is given: a store, opened once for the suite; each test takes tenants of its own. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import type { Page, PageRequest, Stores } from '../../src/store/ports.ts'

export interface Opened {
  readonly stores: Stores
  close(): Promise<void>
}

export type Open = () => Promise<Opened>

/** The stores, once `beforeAll` has run. */
export function opened(open: Open): () => Stores {
  let current: Opened
  beforeAll(async () => {
    current = await open()
  })
  afterAll(() => current.close())
  return () => current.stores
}

export const newTenant = (): string => `t-${randomUUID()}`

/** Every item, page by page: a page is never longer than asked for, and the last one says so. */
export async function allPages<T>(
  limit: number,
  read: (page: PageRequest) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const items: T[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await read({ limit, ...(cursor !== undefined && { cursor }) })
    if (page.items.length > limit)
      throw new Error(`a page of ${page.items.length} items, ${limit} were asked for`)
    if (page.items.length === 0 && page.next !== null) throw new Error('an empty page that goes on')
    items.push(...page.items)
    cursor = page.next
  }
  return items
}
