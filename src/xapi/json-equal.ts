/** Equality of parsed JSON: member order does not matter, numbers compare by value, a member that is undefined is absent. */

type Pair = readonly [unknown, unknown]

/** A loop with a list of what is still to be compared: no nesting exhausts the stack. */
export function isSameJson(a: unknown, b: unknown): boolean {
  const pairs: Pair[] = [[a, b]]
  for (let pair = pairs.pop(); pair !== undefined; pair = pairs.pop()) {
    if (pair[0] === pair[1]) continue
    const inner = innerPairs(pair)
    if (inner === null) return false
    for (const one of inner) pairs.push(one)
  }
  return true
}

/** What must be equal for the pair to be equal; null when it cannot be. */
function innerPairs([a, b]: Pair): Pair[] | null {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return null
  if (Array.isArray(a) !== Array.isArray(b)) return null
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return null
  const left = entriesOf(a)
  const right = new Map(entriesOf(b))
  if (left.length !== right.size) return null
  const pairs: Pair[] = []
  for (const [key, value] of left) {
    if (!right.has(key)) return null
    pairs.push([value, right.get(key)])
  }
  return pairs
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, inner]) => inner !== undefined)
}
