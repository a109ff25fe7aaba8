import { describe, expect, it } from 'vitest'
import { createLog } from '../src/log.ts'

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = ''
  write(createLog('debug', { write: (line: string) => (text += line) }))
  return text
}

describe('the log', () => {
  it('takes e-mail addresses out of messages, stacks and causes, and leaves out what else hangs on an error', () => {
    const cause = new Error('mailto:ana@example.org is taken')
    const error = Object.assign(new Error('«ana@example.org» again', { cause }), {
      code: 'SQLITE_CONSTRAINT',
      parameters: ['Ana Example'],
    })
    const text = logged((log) => log.error({ err: error }, 'request failed'))
    expect(text).not.toMatch(/ana@|Ana Example/)
    expect(JSON.parse(text)).toMatchObject({
      level: 'error',
      msg: 'request failed',
      err: {
        type: 'Error',
        code: 'SQLITE_CONSTRAINT',
        message: expect.stringContaining('again'),
        cause: { message: expect.stringContaining('is taken') },
      },
    })
  })
})
