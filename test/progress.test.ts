import { describe, expect, it } from 'vitest'
import { formatTime, showProgress } from '../src/progress.ts'

describe('progress', () => {
  it('is a line every tenth where nobody watches a terminal', () => {
    const lines: string[] = []
    const { progress } = showProgress(
      (line) => lines.push(line),
      () => undefined,
      false,
    )
    for (const done of [0, 5, 19, 20, 24, 100]) progress({ done, total: 100 })
    expect(lines).toEqual(['10 %  19 of 100', '20 %  20 of 100', '100 %  100 of 100'])
  })

  it('shows no time that is not known yet', () => {
    expect([formatTime('INF', {}, 1), formatTime(Number.NaN, {}, 1)]).toEqual(['…', '…'])
    expect(formatTime(75, { autopaddingChar: '' }, 5)).toBe('1m15s')
  })
})
