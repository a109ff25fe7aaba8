/** What must be written so that the rows of before become those of after: most recounts change little or nothing. */
export interface Difference<Row> {
  readonly added: readonly Row[]
  readonly changed: readonly Row[]
  readonly removed: readonly Row[]
}

/** Rows are the same one by name, and equal when their JSON is: both sides give their members in one order. */
export function difference<Row>(
  before: readonly Row[],
  after: readonly Row[],
  nameOf: (row: Row) => string,
): Difference<Row> {
  const old = new Map(before.map((row) => [nameOf(row), row]))
  const wanted = new Map(after.map((row) => [nameOf(row), row]))
  const differs = ([name, row]: [string, Row]) => JSON.stringify(old.get(name)) !== JSON.stringify(row)
  const writes = [...wanted].filter(differs)
  return {
    added: writes.filter(([name]) => !old.has(name)).map(([, row]) => row),
    changed: writes.filter(([name]) => old.has(name)).map(([, row]) => row),
    removed: [...old].filter(([name]) => !wanted.has(name)).map(([, row]) => row),
  }
}
