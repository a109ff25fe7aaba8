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
import type { App } from './app.ts'
import { COMMANDS } from './commands/commands.ts'
import { type Progress, type Told, UNFINISHED } from './lrs/files/task.ts'

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

/** Lines `{print}`, `{fail}` and `{progress}` while the command runs, then `{exit}`. */
type Line =
  | { readonly print: string }
  | { readonly fail: string }
  | { readonly progress: Progress }
  | { readonly exit: number }

/** How an operator hears of a command. */
export interface Operator extends Told {
  /** Why it was not done: one sentence, apart from what it prints. */
  fail(line: string): void
}

export type Operated = Pick<App, 'lrs' | 'runFileTask'>

/** When the operator goes away, what can be stopped in the middle is. */
export async function serveControl(directory: string, app: Operated): Promise<{ close(): Promise<void> }> {
  const path = socketPath(directory)
  rmSync(path, { force: true })
  const server = createServer((incoming, answer) => {
    const tell = (line: Line): void => {
      answer.write(`${JSON.stringify(line)}\n`)
    }
    const gone = new AbortController()
    answer.once('close', () => gone.abort())
    const told: Operator = {
      print: (line) => tell({ print: line }),
      fail: (line) => tell({ fail: line }),
      progress: (progress) => tell({ progress }),
      signal: gone.signal,
    }
    void (async () => {
      const { command, input } = (await json(incoming)) as Order
      const exit = await runCommand(app, { command, input }, told)
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
export async function runCommand(app: Operated, { command, input }: Order, told: Operator): Promise<number> {
  const run = COMMANDS[command]
  if (!run) {
    told.fail(`there is no command «${command}»`)
    return 1
  }
  try {
    return await run(app.lrs, input, told.print, (task) => app.runFileTask(task, told))
  } catch (error) {
    told.fail(error instanceof Error ? error.message : String(error))
    return 1
  }
}

/** Of a command on files whose end was not reached, and of any other that was not done. */
const CUT_OFF: Readonly<Record<string, number>> = { import: UNFINISHED, export: UNFINISHED }

/**
 * When the operator interrupts, the server stops what can be stopped in the middle; what cannot, it brings to its end.
 * @returns the exit code, or null when no server answers for the directory
 */
export async function orderServer(directory: string, order: Order, told: Operator): Promise<number | null> {
  const outgoing = request({
    socketPath: socketPath(directory),
    method: 'POST',
    path: '/',
    signal: told.signal,
  })
  outgoing.end(JSON.stringify(order))
  try {
    const [answer] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream]
    return (await tellAnswer(answer, told)) ?? tellCutOff(order, told)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null
    if (code !== 'ECONNRESET' && !told.signal.aborted) throw error
    return tellCutOff(order, told)
  }
}

/** @returns the exit code; null when the answer ends without one */
async function tellAnswer(answer: NodeJS.ReadableStream, told: Operator): Promise<number | null> {
  let exit: number | null = null
  // To its end: a connection that is left in the middle keeps the process.
  for await (const line of createInterface({ input: answer })) {
    const heard = JSON.parse(line) as Line
    if ('print' in heard) told.print(heard.print)
    else if ('fail' in heard) told.fail(heard.fail)
    else if ('progress' in heard) told.progress(heard.progress)
    else exit = heard.exit
  }
  return exit
}

function tellCutOff({ command }: Order, { fail, signal }: Operator): number {
  const resumes = command === 'import' ? '; the same command goes on from there' : ''
  fail(signal.aborted ? `stopped${resumes}` : `the server went away before «${command}» was done${resumes}`)
  return CUT_OFF[command] ?? 1
}
