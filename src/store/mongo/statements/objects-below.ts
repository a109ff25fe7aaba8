/** The objects of statements below a path: a catalogue entry also decides what lies there (in-the-wild §3.1, 2). */
import type { TenantId } from '../../ports.ts'
import type { StatementCollections } from '../schema/collections.ts'

/** What may follow a path that does not end in a slash, in the order of the index. */
const SEPARATORS = ['#', '/', '?']
const LAST = '\u{10FFFF}'

/** The next object after `object` whose path lies below `path`; begin with ''. */
export function objectsBelow({ objects }: StatementCollections) {
  return async (tenant: TenantId, path: string, object: string): Promise<string | undefined> => {
    for (const range of rangesBelow(path, object)) {
      const [found] = await objects.find({ tenant, object: range }).sort({ object: 1 }).limit(1).toArray()
      if (found) return found.object
    }
    return undefined
  }
}

/** In the order of the index. The path itself is not below itself. */
function rangesBelow(path: string, object: string) {
  const starts = path.endsWith('/') ? [path] : SEPARATORS.map((separator) => `${path}${separator}`)
  return starts
    .map((start) => ({ $gt: object > start ? object : path, $gte: start, $lt: `${start}${LAST}` }))
    .filter(({ $gt, $lt }) => $gt < $lt)
}
