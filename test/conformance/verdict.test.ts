import { describe, expect, it } from 'vitest'
import { failuresOf, isComplete, type SuiteLog, verdictOf } from './verdict.ts'

const green: SuiteLog = { state: 'finished', summary: { total: 1365, passed: 1365, failed: 0 } }

describe('the verdict of a conformance run is complete', () => {
  it('when it finished and every expected test passed', () => {
    expect(isComplete(green, '1.0.3')).toBe(true)
    expect(verdictOf(green, '1.0.3')).toBe('finished: 1365 of 1365 passed, 0 failed: complete')
  })

  it.each<[string, SuiteLog]>([
    ['a run that was cancelled', { ...green, state: 'cancelled' }],
    ['a failed test', { ...green, summary: { total: 1365, passed: 1364, failed: 1 } }],
    ['a test that did not run', { ...green, summary: { total: 1365, passed: 1364, failed: 0 } }],
    ['fewer tests than the suite has', { ...green, summary: { total: 7, passed: 7, failed: 0 } }],
  ])('not with %s', (_, log) => {
    expect(isComplete(log, '1.0.3')).toBe(false)
    expect(verdictOf(log, '1.0.3')).toContain('NOT complete')
  })

  it('not for the other version’s number of tests', () => {
    expect(isComplete(green, '2.0.0')).toBe(false)
  })
})

it('names each failed test by its titles', () => {
  const log: SuiteLog = {
    ...green,
    log: {
      title: 'console',
      status: 'failed',
      tests: [
        {
          title: 'Data 2.2',
          status: 'failed',
          tests: [
            { title: 'passes', status: 'passed' },
            { title: 'fails', status: 'failed', error: 'expected 400' },
          ],
        },
      ],
    },
  }
  expect(failuresOf(log)).toEqual(['Data 2.2 › fails: expected 400'])
  expect(failuresOf(green)).toEqual([])
})
