/** Items by key, keys and items in their order; items without a key (null) are left out. `Map.groupBy` needs Node 21. */
export function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T, index: number) => string | null,
): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  items.forEach((item, index) => {
    const key = keyOf(item, index)
    if (key === null) return
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  })
  return groups
}
