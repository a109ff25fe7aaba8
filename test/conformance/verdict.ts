/** What the log of a run says. */

/** All tests of the suite, by version. */
export const EXPECTED = { '1.0.3': 1365, '2.0.0': 1435 } as const
export type Version = keyof typeof EXPECTED

interface SuiteTest {
  readonly title: string
  readonly name?: string
  readonly error?: unknown
  readonly status?: string
  readonly tests?: readonly SuiteTest[]
}

export interface SuiteLog {
  /** `finished` when the run came to its end. */
  readonly state: string
  readonly summary: { readonly total: number; readonly passed: number; readonly failed: number }
  /** Failed tests only; absent when there are none. */
  readonly log?: SuiteTest
}

export function isComplete({ state, summary }: SuiteLog, version: Version): boolean {
  const { total, passed, failed } = summary
  return state === 'finished' && failed === 0 && passed === total && total === EXPECTED[version]
}

export function verdictOf(log: SuiteLog, version: Version): string {
  const { total, passed, failed } = log.summary
  const verdict = isComplete(log, version) ? 'complete' : `NOT complete (${EXPECTED[version]} expected)`
  return `${log.state}: ${passed} of ${total} passed, ${failed} failed: ${verdict}`
}

/** Each failed test by its path of titles, with what the suite says of it. */
export function failuresOf({ log }: SuiteLog): readonly string[] {
  return log ? failedBelow(log, []) : []
}

function failedBelow(test: SuiteTest, above: readonly string[]): readonly string[] {
  const path = [...above, test.title || test.name || '?']
  if (test.tests && test.tests.length > 0) return test.tests.flatMap((one) => failedBelow(one, path))
  return test.status === 'failed' ? [`${path.slice(1).join(' › ')}: ${String(test.error)}`] : []
}
