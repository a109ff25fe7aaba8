/** Paging by keyset: a cursor is the sort key of the last row given, never an offset, so rows that come or go shift nothing. */
import type { Page } from '../ports.ts'
import { StoreError } from '../store-error.ts'

export type SortKey = readonly (string | number)[]

/** Opaque to everybody else: base64url of the key as JSON. */
function cursorOf(key: SortKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

/**
 * The key in a cursor; null without one.
 * @param shape one letter for each member: `s` a string, `n` a number
 * @throws StoreError `bad-cursor` for anything this store did not make for this list
 */
export function keyIn(cursor: string | undefined, shape: string): SortKey | null {
  if (cursor === undefined) return null
  const key = parsed(cursor)
  const fits =
    Array.isArray(key) &&
    key.length === shape.length &&
    key.every((value, at) => (shape[at] === 'n' ? Number.isFinite(value) : typeof value === 'string'))
  if (!fits) throw new StoreError('bad-cursor', 'this cursor is not a continuation of this list')
  return key
}

/** Cuts rows read with `limit + 1` down to a page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => SortKey,
  itemOf: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(itemOf),
    next: rows.length > limit && last !== undefined ? cursorOf(keyOf(last)) : null,
  }
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
