/** A whole server for a test: temporary data, a free port, a clock that can be moved. */
import { randomUUID } from 'node:crypto'
import { type App, type AppOptions, startApp } from '../../src/app.ts'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { newDirectory, removeDirectory, storeOf } from './mongo.ts'

export const KEY = 'test-key'
export const SECRET = 'test-secret-with-some-length'
export const EMAIL = 'admin@example.org'
export const PASSWORD = 'correct horse battery'

export interface Running {
  readonly url: string
  /** Where its data is. */
  readonly directory: string
  readonly app: App
  readonly clock: MovableClock
  /** A request to `/xapi…` with the learner credential and version 1.0.3, or what `init` says instead. */
  xapi(path: string, init?: RequestInit & { version?: string; as?: string }): Promise<Response>
  /** A request to `/api/v1…` as the administrator, with a JSON body. */
  api(
    path: string,
    init?: { method?: string; body?: unknown; as?: string; headers?: Record<string, string> },
  ): Promise<Response>
  /** Stores statements and returns their ids. */
  send(statements: unknown, as?: string): Promise<string[]>
  /** Waits until everything stored so far is counted. */
  counted(policy: string): Promise<Record<string, unknown>>
  /** Stops it and starts it again on the same data; it has another port then. */
  restart(): Promise<void>
  /** Authorization of a new credential. */
  credential(purpose: string, scopes: readonly string[]): Promise<string>
  stop(): Promise<void>
}

export function basic(key: string, secret: string): string {
  return `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`
}

export const LEARNER = basic(KEY, SECRET)

export async function startServer(
  settings: Record<string, string> = {},
  options: Pick<AppOptions, 'log'> = {},
): Promise<Running> {
  const directory = newDirectory('test')
  const clock = systemClock()
  const store = storeOf(directory)
  const config = loadConfig({
    ...store.settings,
    PORT: '0',
    HOST: '127.0.0.1',
    ROLLCALL_DATA: directory,
    ROLLCALL_KEY: KEY,
    ROLLCALL_SECRET: SECRET,
    ROLLCALL_ADMIN_EMAIL: EMAIL,
    ROLLCALL_ADMIN_PASSWORD: PASSWORD,
    ROLLCALL_LOG: 'error',
    ROLLCALL_READERS: '1',
    ...settings,
  })
  const start = async () => {
    const started = await startApp(config, { clock, ...options })
    return { app: started, url: (await started.listen()).replace('localhost', '127.0.0.1') }
  }
  let { app, url } = await start()
  let session: Promise<string> | null = null
  /** A session ends some hours later, also when it is the test that moves the clock. */
  let since = 0

  const signIn = async (): Promise<string> => {
    const response = await fetch(`${url}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
    })
    const { token } = (await response.json()) as { token: string }
    return `Bearer ${token}`
  }

  const running: Running = {
    get url() {
      return url
    },
    directory,
    get app() {
      return app
    },
    clock,
    xapi: (path, { version = '1.0.3', as = LEARNER, headers, ...init } = {}) =>
      fetch(`${url}/xapi${path}`, {
        ...init,
        headers: {
          Authorization: as,
          'X-Experience-API-Version': version,
          ...(init.body == null ? {} : { 'Content-Type': 'application/json' }),
          ...(headers as Record<string, string> | undefined),
        },
      }),
    api: async (path, { method = 'GET', body, as, headers } = {}) => {
      if (!session || clock.now() - since > 3_600_000) {
        since = clock.now()
        session = signIn()
      }
      return fetch(`${url}/api/v1${path}`, {
        method,
        headers: { Authorization: as ?? (await session), 'Content-Type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    },
    send: async (statements, as = LEARNER) => {
      const response = await running.xapi('/statements', {
        method: 'POST',
        body: JSON.stringify(statements),
        as,
      })
      if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
      return (await response.json()) as string[]
    },
    counted: async (policy) => {
      const after = clock.now()
      for (;;) {
        const licence = (await (await running.api(`/licence?policy=${policy}`)).json()) as {
          computedThrough: string
        }
        if (Date.parse(licence.computedThrough) >= after) return licence
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    credential: async (purpose, scopes) => {
      const response = await running.api('/credentials', {
        method: 'POST',
        body: { label: `${purpose} of a test`, purpose, scopes },
      })
      const { key, secret } = (await response.json()) as { key: string; secret: string }
      return basic(key, secret)
    },
    restart: async () => {
      await app.stop()
      const started = await start()
      app = started.app
      url = started.url
    },
    stop: async () => {
      await app.stop()
      await removeDirectory(directory)
    },
  }
  return running
}

/** A statement that counts: a learner in a SCORM lesson of the ADL profile. */
export function statement(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: randomUUID(),
    actor: { account: { homePage: 'https://lms.example.org', name: 'u-1' } },
    verb: { id: 'http://adlnet.gov/expapi/verbs/initialized' },
    object: {
      id: 'https://lms.example.org/c/fire/sco1',
      definition: { type: 'http://adlnet.gov/expapi/activities/lesson' },
    },
    context: { contextActivities: { category: [{ id: 'https://w3id.org/xapi/scorm' }] } },
    timestamp: '2026-03-01T09:00:00Z',
    ...over,
  }
}

export function learner(name: string): Record<string, unknown> {
  return { account: { homePage: 'https://lms.example.org', name } }
}
