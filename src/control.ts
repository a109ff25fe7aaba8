/**
 * The control socket: how commands reach a running server (ruling 27). It lies in the data directory with mode 600: whoever
 * may read the database file may use it, nobody else.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { json } from 'node:stream/consumers'
import { COMMANDS, type Print } from './commands/commands.ts'
import type { Lrs } from './lrs/context.ts'

/** The system allows about 100 bytes for a socket's path. */
const LONGEST = 96

function socketPath(directory: string): string {
  const path = join(resolve(directory), 'control.sock')
  if (path.length <= LONGEST) return path
  return join(tmpdir(), `rollcall-${createHash('sha256').update(path).digest('hex').slice(0, 16)}.sock`)
}

interface Order {
  readonly command: string
  readonly input: unknown
}

/** Lines `{print}` while the command runs, then `{exit}`. */
type Told = { readonly print: string } | { readonly exit: number }

export async function serveControl(directory: string, lrs: Lrs): Promise<{ close(): Promise<void> }> {
  const path = socketPath(directory)
  rmSync(path, { force: true })
  const server = createServer((incoming, answer) => {
    const tell = (told: Told): void => {
      answer.write(`${JSON.stringify(told)}\n`)
    }
    void (async () => {
      const { command, input } = (await json(incoming)) as Order
      const exit = await runCommand(lrs, command, input, (line) => tell({ print: line }))
      tell({ exit })
      answer.end()
      // A request that breaks off or is no order ends itself, not the server.
    })().catch(() => answer.destroy())
  })
  server.listen(path)
  await once(server, 'listening')
  chmodSync(path, 0o600)
  return {
    close: async () => {
      server.close()
      server.closeAllConnections()
      rmSync(path, { force: true })
    },
  }
}

/** Runs a command; what goes wrong is one sentence and exit code 1. */
export async function runCommand(lrs: Lrs, command: string, input: unknown, print: Print): Promise<number> {
  const run = COMMANDS[command]
  if (!run) {
    print(`there is no command «${command}»`)
    return 1
  }
  try {
    return await run(lrs, input, print)
  } catch (error) {
    print(error instanceof Error ? error.message : String(error))
    return 1
  }
}

/** @returns the exit code, or null when no server answers for the directory */
export async function orderServer(directory: string, order: Order, print: Print): Promise<number | null> {
  const outgoing = request({ socketPath: socketPath(directory), method: 'POST', path: '/' })
  outgoing.end(JSON.stringify(order))
  try {
    const [answer] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream]
    let exit = 1
    for await (const line of createInterface({ input: answer })) {
      const told = JSON.parse(line) as Told
      if ('print' in told) print(told.print)
      else exit = told.exit
    }
    return exit
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
    throw error
  }
}
