export interface UnionFind {
  add(item: string): void
  /** Adds both. */
  join(a: string, b: string): void
  /** The representative of the item's set; the smallest item of the set, whatever the order of joins. */
  find(item: string): string
  items(): IterableIterator<string>
}

/** Disjoint sets of texts; near constant time per step. */
export function unionFind(): UnionFind {
  const parents = new Map<string, string>()
  const find = (item: string): string => {
    let root = item
    for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root))
      root = parent
    // Path compression: every later look-up is one step.
    for (let step = item; step !== root; ) {
      const next = parents.get(step) ?? root
      parents.set(step, root)
      step = next
    }
    return root
  }
  const add = (item: string): void => {
    if (!parents.has(item)) parents.set(item, item)
  }
  return {
    add,
    find,
    join: (a, b) => {
      add(a)
      add(b)
      const [rootA, rootB] = [find(a), find(b)]
      if (rootA < rootB) parents.set(rootB, rootA)
      else parents.set(rootA, rootB)
    },
    items: () => parents.keys(),
  }
}
