/** `rollcall serve` as a process of its own, for tests that kill it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { storeOf } from './mongo.ts'
import { EMAIL, KEY, LEARNER, PASSWORD, SECRET } from './running.ts'

const CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))

interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Served {
  readonly url: string
  readonly process: ChildProcess
  readonly output: string[]
  post(statements: unknown): Promise<Response>
  get(query: string): Promise<Response>
  api<T>(path: string, init?: { method?: string; body?: unknown }): Promise<T>
  readonly ended: Promise<Ending>
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ending>
}

function environment(directory: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT: '0',
    ...storeOf(directory).settings,
    ROLLCALL_DATA: directory,
    ROLLCALL_KEY: KEY,
    ROLLCALL_SECRET: SECRET,
    ROLLCALL_ADMIN_EMAIL: EMAIL,
    ROLLCALL_ADMIN_PASSWORD: PASSWORD,
    ROLLCALL_READERS: '1',
    ROLLCALL_LOG: 'error',
  }
}

/** Told what a command has printed so far, whenever it prints. */
type Heard = (output: string, child: ChildProcess) => void

/** Runs a command to its end: `failed` is what of its output came on stderr. Arguments `NAME=value` are settings of its environment. */
export async function runCli(
  directory: string,
  ...given: (string | Heard)[]
): Promise<{ code: number | null; output: string; failed: string }> {
  const args = given.filter((one) => typeof one === 'string')
  const hearing = given.filter((one) => typeof one === 'function')
  const settings = args.filter((arg) => /^[A-Z_]+=/.test(arg))
  const words = args.filter((arg) => !settings.includes(arg))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...words], {
    env: {
      ...environment(directory),
      ROLLCALL_PASSWORD: PASSWORD,
      ...Object.fromEntries(settings.map((setting) => setting.split('=', 2))),
    },
  })
  let output = ''
  let failed = ''
  child.stderr.on('data', (chunk) => {
    failed += String(chunk)
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += String(chunk)
      for (const heard of hearing) heard(output, child)
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output, failed }
}

/** @param flags of Node */
export async function serveProcess(
  directory: string,
  settings: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<Served> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...flags, CLI, 'serve'], {
    env: { ...environment(directory), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }) as Ending)
  const output: string[] = []
  const url = await new Promise<string>((resolve, reject) => {
    const read = (line: string): void => {
      output.push(line)
      const [, address] = /answers at (https?:\S+?):? /.exec(line) ?? []
      if (address) resolve(address.replace('localhost', '127.0.0.1').replace(/:$/, ''))
    }
    createInterface({ input: child.stdout }).on('line', read)
    createInterface({ input: child.stderr }).on('line', read)
    child.once('exit', () => reject(new Error(`ended at start:\n${output.join('\n')}`)))
  })
  const headers = {
    Authorization: LEARNER,
    'X-Experience-API-Version': '1.0.3',
    'Content-Type': 'application/json',
  }
  let session: string | null = null
  const api: Served['api'] = async (path, { method = 'GET', body } = {}) => {
    if (session === null && path !== '/session') {
      const { token } = await api<{ token: string }>('/session', {
        method: 'POST',
        body: { email: EMAIL, password: PASSWORD },
      })
      session = token
    }
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        ...(session === null ? {} : { Authorization: `Bearer ${session}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as never
  }
  return {
    url,
    process: child,
    output,
    post: (statements) =>
      fetch(`${url}/xapi/statements`, { method: 'POST', headers, body: JSON.stringify(statements) }),
    get: (query) => fetch(`${url}/xapi/statements?${query}`, { headers }),
    api,
    ended,
    end: (signal) => {
      child.kill(signal)
      return ended
    },
  }
}
