/**
 * Structured logs, one JSON object a line. They hold ids, never people: no body, query, name or identifier is ever given to
 * them, and an e-mail address that hides in the text of an error is taken out.
 */
import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'

const ADDRESS = /[^\s"'<>«»:/]+@[^\s"'<>«»/]+/g

export function createLog(level: Config['ROLLCALL_LOG'], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: plainError },
  }
  return destination ? pino(options, destination) : pino(options)
}

/** Only what says where the fault is: an error's own members may hold anything. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return withoutAddresses(String(error))
  const { name, stack, cause } = error
  const code = 'code' in error ? { code: String(error.code) } : {}
  return {
    type: name,
    ...code,
    message: withoutAddresses(error.message),
    stack: withoutAddresses(stack ?? ''),
    ...(cause === undefined ? {} : { cause: plainError(cause) }),
  }
}

function withoutAddresses(text: string): string {
  return text.replaceAll(ADDRESS, '«address»')
}
