/** Every query that goes through a database, and whether a declared index serves it: a stand-in for `explain` everywhere. */
import type { Collection, Db, Document, FindCursor, IndexDescription } from 'mongodb'

export interface Shape {
  readonly collection: string
  readonly filter: Document
  sort?: Document
  /** Counts only: an index alone answers it. */
  readonly counts?: boolean
}

const FILTER_FIRST = new Set([
  'countDocuments',
  'deleteMany',
  'deleteOne',
  'find',
  'findOne',
  'findOneAndDelete',
  'findOneAndUpdate',
  'replaceOne',
  'updateMany',
  'updateOne',
])

/** The same database; every query is added to `shapes`. */
export function watched(real: Db, shapes: Shape[]): Db {
  const cursorOf = (cursor: FindCursor, shape: Shape): FindCursor =>
    new Proxy(cursor, {
      get: (target, property) => {
        const member = Reflect.get(target, property) as unknown
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          if (property === 'sort') shape.sort = args[0] as Document
          const result = member.apply(target, args) as unknown
          return result === target ? cursorOf(target, shape) : result
        }
      },
    })
  const collectionOf = (collection: Collection): Collection =>
    new Proxy(collection, {
      get: (target, property) => {
        const member = Reflect.get(target, property) as unknown
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          const seen = shapesOf(target.collectionName, String(property), args)
          shapes.push(...seen)
          const result = member.apply(target, args) as unknown
          const [only] = seen
          return property === 'find' && only ? cursorOf(result as FindCursor, only) : result
        }
      },
    })
  return new Proxy(real, {
    get: (target, property) => {
      if (property === 'collection') return (name: string) => collectionOf(target.collection(name))
      const member = Reflect.get(target, property) as unknown
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

function shapesOf(collection: string, method: string, args: readonly unknown[]): Shape[] {
  if (FILTER_FIRST.has(method)) {
    const { sort } = (args[method.startsWith('findOneAnd') && method.endsWith('Update') ? 2 : 1] ??
      {}) as Document
    const counts = method === 'countDocuments' && { counts: true as const }
    return [{ collection, filter: (args[0] ?? {}) as Document, ...(sort && { sort }), ...counts }]
  }
  // Goes along the values of an index.
  if (method === 'distinct')
    return [{ collection, filter: (args[1] ?? {}) as Document, sort: { [String(args[0])]: 1 } }]
  if (method === 'aggregate') {
    const [first] = args[0] as readonly Document[]
    return [{ collection, filter: (first?.$match ?? {}) as Document }]
  }
  if (method !== 'bulkWrite') return []
  return (args[0] as readonly Document[]).flatMap((operation) =>
    Object.values(operation).flatMap(({ filter }: Document) => (filter ? [{ collection, filter }] : [])),
  )
}

/** `each`: one value after the other; `range`: from here to there. */
type Bound = 'each' | 'range'

function boundsOf(filter: Document): Map<string, Bound> {
  const bounds = new Map<string, Bound>()
  for (const [name, value] of Object.entries(filter)) {
    if (name === '$and') for (const part of value) for (const [n, b] of boundsOf(part)) bounds.set(n, b)
    else if (!name.startsWith('$') && bounds.get(name) !== 'each') bounds.set(name, boundOf(value))
  }
  return bounds
}

function boundOf(value: unknown): Bound {
  const isOperators = typeof value === 'object' && value !== null && Object.keys(value)[0]?.startsWith('$')
  if (!isOperators) return 'each'
  return ['$eq', '$in', '$all', '$exists', '$size'].includes(Object.keys(value as object)[0] ?? '')
    ? 'each'
    : 'range'
}

/** Null, or the query that no declared index serves: it would read more than it finds, or sort in memory. */
export function unserved(shape: Shape, indexes: readonly IndexDescription[]): string | null {
  const bounds = boundsOf(shape.filter)
  if (bounds.get('_id') === 'each') return null
  const keys: IndexDescription['key'][] = [{ _id: 1 }, ...indexes.map(({ key }) => key)]
  if (keys.some((key) => serves(Object.entries(key) as Key, bounds, shape))) return null
  const asked = [...bounds].map(([name, bound]) => `${name}: ${bound}`).join(', ')
  return `{${asked}} sorted by ${JSON.stringify(shape.sort ?? {})}`
}

type Key = readonly (readonly [string, number])[]

function serves(
  index: Key,
  bounds: ReadonlyMap<string, Bound>,
  { sort = {}, counts = false }: Shape,
): boolean {
  let fixed = 0
  while (fixed < index.length && bounds.get(index[fixed]?.[0] ?? '') === 'each') fixed += 1
  const rest = index.slice(fixed)
  const order = Object.entries(sort as Record<string, number>).filter(
    ([name]) => !index.slice(0, fixed).some(([known]) => known === name),
  )
  const turns = order.map(([, direction], at) => direction * (rest[at]?.[1] ?? 0))
  const isSorted = order.every(([name], at) => rest[at]?.[0] === name) && new Set(turns).size <= 1
  if (!isSorted) return false
  // All of a tenant is no bound, unless it is read in order, a page at a time, or only counted.
  const isTenantOnly = fixed === 1 && index[0]?.[0] === 'tenant' && index.length > 1 && !counts
  return bounds.get(rest[0]?.[0] ?? '') === 'range' || order.length > 0 || (fixed > 0 && !isTenantOnly)
}
