/** `rollcall serve`: the server with its control socket, until it is told to stop. */
import { startApp } from './app.ts'
import type { Print } from './commands/commands.ts'
import { type Config, isEmbedded } from './config.ts'
import { serveControl } from './control.ts'
import { createLog } from './log.ts'
import type { FirstStart } from './lrs/access/first-start.ts'

/** @returns the exit code: 0 after SIGTERM or Ctrl-C, 1 when a thread of ours died */
export async function serve(config: Config, print: Print): Promise<number> {
  const log = createLog(config.ROLLCALL_LOG)
  let stop: (code: number) => void = () => undefined
  const stopped = new Promise<number>((resolve) => {
    stop = resolve
  })
  process.once('SIGTERM', () => stop(0))
  process.once('SIGINT', () => stop(0))
  const app = await startApp(config, {
    log,
    onFault: (error) => {
      log.fatal({ err: error }, 'a thread died: stopping')
      stop(1)
    },
  })
  // Before anything else can fail: they are made already and cannot be shown again.
  showFirst(app.first, print)
  // MongoDB takes any number of processes: a command opens it like a server does, and needs no way through one.
  const control = isEmbedded(config) ? await serveControl(config.ROLLCALL_DATA, app) : null
  try {
    const address = await app.listen()
    print(`Rollcall answers at ${address}: xAPI at ${address}/xapi, the API at ${address}/api/v1.`)
    return await stopped
  } finally {
    await control?.close()
    await app.stop()
  }
}

/** What the first start made: shown this once. */
export function showFirst(first: FirstStart | null, print: Print): void {
  if (!first) return
  print('First start. These are shown this once:')
  print(`  administrator  ${first.email}  password ${first.password}`)
  print(`  credential     key ${first.key}  secret ${first.secret}`)
}
