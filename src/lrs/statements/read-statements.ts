/** From the bytes of a request to checked statements with their raw texts. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { checkStatement } from '../../xapi/check-statement.ts'
import { elementsOf, readJson } from '../../xapi/json.ts'
import type { Statement, Version, Violation } from '../../xapi/types.ts'
import { malformed, malformedAt } from '../refusal.ts'

export interface ReceivedStatement {
  readonly statement: Statement
  /** Exactly as received (ruling 26). */
  readonly raw: string
  /** Where it stands in the request: `$`, or `$[0]` in a list. */
  readonly path: string
}

/** Longer than this is given back to other requests in between (ruling 36). */
const SLICE_MS = 20

/**
 * Reads one statement or, where a list is allowed, several, and checks them completely against the standard.
 * @throws Refusal `malformed` with the JSON path, what is wrong and the requirement
 */
export async function readStatements(
  bytes: Uint8Array,
  version: Version,
  options: { readonly list: boolean },
): Promise<readonly ReceivedStatement[]> {
  const json = readJson(bytes)
  if ('violation' in json) throw malformed([json.violation])
  if (!Array.isArray(json.value)) {
    const violations = checkStatement(json.value, version)
    if (violations.length > 0) throw malformed(violations)
    return [{ statement: json.value as Statement, raw: json.text, path: '$' }]
  }
  if (!options.list)
    throw malformedAt('$', 'PUT takes one statement, not a list', 'xAPI 1.0.3 Communication §2.1.1')
  const violations = await checkAll(json.value, version)
  if (violations.length > 0) throw malformed(violations)
  const raws = elementsOf(json.text)
  return json.value.map((statement: Statement, index) => ({
    statement,
    raw: raws[index] as string,
    path: `$[${index}]`,
  }))
}

async function checkAll(values: readonly unknown[], version: Version): Promise<readonly Violation[]> {
  const found: Violation[] = []
  await inSlices(values, (value, index) => {
    if (found.length === 0) found.push(...checkStatement(value, version, `$[${index}]`))
  })
  return found
}

/** Does something with each item, letting other work in every 20 ms. */
export async function inSlices<T>(
  items: readonly T[],
  each: (item: T, index: number) => void,
): Promise<void> {
  let since = performance.now()
  for (const [index, item] of items.entries()) {
    each(item, index)
    if (performance.now() - since > SLICE_MS) {
      await nextTurn()
      since = performance.now()
    }
  }
}
