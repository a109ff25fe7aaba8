/** What the standard's rules cost a statement, on one core, after a warm-up. */
import { checkStatement } from '../../src/xapi/check-statement.ts'
import { readJson } from '../../src/xapi/json.ts'
import { statementText } from './statements.ts'

const STATEMENTS = 20_000

export interface ValidationTimes {
  /** µs a statement: bytes → JSON value (duplicate keys, depth, UTF-8), and its check by the rules of the standard. */
  readonly read: number
  readonly check: number
}

export function measureValidation(): ValidationTimes {
  const bytes = Array.from({ length: STATEMENTS }, (_, index) => Buffer.from(statementText(index)))
  const values = bytes.map(parse)
  const check = (value: unknown) => {
    if (checkStatement(value, '1.0.3').length > 0)
      throw new Error('a statement of the benchmark is not valid')
  }
  return { read: microseconds(bytes, parse), check: microseconds(values, check) }
}

function parse(bytes: Uint8Array): unknown {
  const reading = readJson(bytes)
  if ('violation' in reading) throw new Error('a statement of the benchmark is no JSON')
  return reading.value
}

/** Once to warm up, once to measure. */
function microseconds<T>(items: readonly T[], work: (item: T) => unknown): number {
  for (const item of items) work(item)
  const start = performance.now()
  for (const item of items) work(item)
  return ((performance.now() - start) * 1000) / items.length
}
