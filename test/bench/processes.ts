/** The processes a benchmark is made of. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ACCOUNT } from './load.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export function environment(directory: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT: '0',
    ROLLCALL_DATA: directory,
    ROLLCALL_LOG: 'error',
    ...ACCOUNT,
  }
}

export interface BenchServer {
  readonly url: string
  /** MB. */
  memory(): number
  stop(): Promise<void>
}

export async function startServer(directory: string, mode: 'store' | 'noop'): Promise<BenchServer> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', here('./server.js'), mode],
    {
      env: environment(directory),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    url: line.replace('localhost', '127.0.0.1'),
    memory: () => residentOf(child),
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** What `store.ts` has measured. */
export function measureStore<T>(directory: string, what: 'ingest' | 'all', seconds: number): Promise<T> {
  return told<T>(directory, './store.js', [what, String(seconds)], ['--max-old-space-size=4096'])
}

/** What `evidence.ts` has measured. */
export function measureEvidence<T>(
  directory: string,
  mode: 'make' | 'count' | 'recount',
  ...args: readonly number[]
): Promise<T> {
  return told<T>(directory, './evidence.js', [mode, ...args.map(String)])
}

/** The one message of a process. */
async function told<T>(
  directory: string,
  script: string,
  args: readonly string[],
  options: readonly string[] = [],
): Promise<T> {
  const child = fork(here(script), args, {
    env: environment(directory),
    execArgv: ['--disable-warning=ExperimentalWarning', ...options],
  })
  const ended = once(child, 'exit')
  const measured = await Promise.race([once(child, 'message'), ended.then(() => null)])
  if (measured === null) throw new Error(`the process of ${script} has died`)
  if (child.connected) child.send('end')
  await ended
  return measured[0] as T
}

export interface ImportFigures {
  readonly seconds: number
  /** Greatest resident memory after the first tenth, and ever, MB. */
  readonly early: number
  readonly peak: number
}

export async function measureImport(directory: string, file: string): Promise<ImportFigures> {
  const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url))
  const start = performance.now()
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', cli, 'import', file, '--purpose', 'learner'],
    {
      env: environment(directory),
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let early = 0
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, residentOf(child))
  }, 200)
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (/^\d+ %/.test(line) && early === 0) early = peak
    console.error(`  import: ${line}  (${residentOf(child)} MB)`)
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  clearInterval(timer)
  if (code !== 0) throw new Error(`the import ended with ${code}`)
  return { seconds: (performance.now() - start) / 1000, early, peak }
}

function residentOf({ pid }: ChildProcess): number {
  try {
    const [, kb] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return Math.round(Number(kb ?? 0) / 1024)
  } catch {
    return 0
  }
}
