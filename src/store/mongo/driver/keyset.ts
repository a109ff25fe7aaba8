/** Where a list goes on (page.ts): the one form of that filter, so that every list is walked by its index. */
import type { Document } from 'mongodb'

/**
 * What comes after a row in the order of the fields of `place`, all of them in the same direction. The bound of the first
 * field is what an index starts at; the rest tells ties apart.
 * @param place the sort key of the last row given; none = from the beginning
 * @param direction of the list, as its sort has it
 */
export function behind(
  place: Readonly<Record<string, string | number>> | null | undefined,
  direction: 1 | -1,
): Document {
  const fields = Object.entries(place ?? {})
  const [first] = fields
  if (!first) return {}
  const [further, from] = direction === 1 ? ['$gt', '$gte'] : ['$lt', '$lte']
  const ties = fields.map(([name, value], at) => ({
    ...Object.fromEntries(fields.slice(0, at)),
    [name]: { [further]: value },
  }))
  return { [first[0]]: { [from]: first[1] }, $or: ties }
}
