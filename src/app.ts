/** Composition root: config → stores → operations → server and jobs. What starts here stops here, in reverse order. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type MovableClock, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { openStores, type SharedStores } from './engine.ts'
import { newSigningKey } from './evidence/seal.ts'
import { createReadiness } from './http/health.ts'
import { createHttp } from './http/server.ts'
import { createListener, schemeOf } from './listener.ts'
import { createLog } from './log.ts'
import { type FirstStart, firstStart } from './lrs/access/first-start.ts'
import { randomSecret } from './lrs/access/secrets.ts'
import type { Lrs } from './lrs/context.ts'
import { createCatalogues } from './lrs/counting/catalogue.ts'
import type { FileTask, Told } from './lrs/files/task.ts'
import { createBodies } from './lrs/statements/body-operations.ts'
import { createIntake, runFileTask, startJobsThread } from './threads.ts'

export interface App {
  readonly lrs: Lrs
  /** Made at the first start, shown this once. */
  readonly first: FirstStart | null
  /** Starts to answer requests; resolves to the address of the server. */
  listen(): Promise<string>
  /** Import or export, in a thread of its own. @returns the exit code */
  runFileTask(task: FileTask, told: Told): Promise<number>
  /** Open requests finish, jobs stop at a slice and release their locks, the database is closed. */
  stop(): Promise<void>
}

export interface AppOptions {
  /** Tests move it. */
  readonly clock?: MovableClock
  readonly log?: Logger
  /** A thread died: the process cannot go on. */
  onFault?(error: unknown): void
}

/** How long open requests may take to finish after a stop was asked for. */
const FINISH_MS = 10_000

export async function startApp(config: Config, options: AppOptions = {}): Promise<App> {
  const clock = options.clock ?? systemClock()
  const log = options.log ?? createLog(config.ROLLCALL_LOG)
  const onFault = options.onFault ?? ((error) => log.fatal({ err: error }, 'a thread died'))
  const stores = await openStores(config, clock)
  try {
    return await compose(config, { clock, log, onFault, stores })
  } catch (error) {
    // Or its threads would keep a process alive that never started.
    await stores.close()
    throw error
  }
}

interface Parts extends Required<AppOptions> {
  readonly stores: SharedStores
}

async function compose(config: Config, { clock, log, onFault, stores }: Parts): Promise<App> {
  const keys = await keysOf(stores)
  const home = (config.ROLLCALL_URL ?? `${schemeOf(config)}://localhost:${config.PORT}`).replace(/\/$/, '')
  let server: Server | null = null
  const tasks = new Set<Promise<number>>()
  const threadDeps = {
    stores,
    start: {
      clockOffset: clock.offset,
      keys,
      home,
      cmi5: config.ROLLCALL_CMI5,
      alerts: alertSettings(config),
      logLevel: config.ROLLCALL_LOG,
    },
    onFault,
    // A command that imports by itself keeps to its memory.
    mayHelp: () => server !== null || tasks.size === 0,
    onHelperLost: (error: unknown) => log.error({ err: error }, 'a thread that helped to count has died'),
  }
  const jobs = await startJobsThread(threadDeps)
  const intake = createIntake(threadDeps, jobs.wake)
  const catalogueOf = createCatalogues(stores)
  const lrs: Lrs = {
    stores,
    clock,
    catalogueOf,
    newId: randomUUID,
    keys,
    home,
    cmi5: config.ROLLCALL_CMI5,
    privateWebhooks: config.ROLLCALL_WEBHOOKS_PRIVATE,
    wake: jobs.wake,
  }
  const first = await firstStart(lrs, {
    email: config.ROLLCALL_ADMIN_EMAIL,
    password: config.ROLLCALL_ADMIN_PASSWORD,
    key: config.ROLLCALL_KEY,
    secret: config.ROLLCALL_SECRET,
  })
  let stopping: Promise<void> | null = null
  const ending = new AbortController()

  const http = createHttp({
    lrs,
    bodyLimit: config.ROLLCALL_BODY_LIMIT,
    attachmentLimit: config.ROLLCALL_ATTACHMENT_LIMIT,
    bodies: createBodies(lrs, intake),
    log,
    keepRefusals: config.ROLLCALL_REFUSALS,
    readiness: createReadiness({ upkeep: stores.upkeep, stopping: () => stopping !== null }),
    trustProxy: config.ROLLCALL_TRUST_PROXY,
    rateLimit: config.ROLLCALL_RATE_LIMIT,
    metricsToken: config.ROLLCALL_METRICS_TOKEN,
    origins: config.ROLLCALL_CORS ?? [],
    url: config.ROLLCALL_URL,
  })

  return {
    lrs,
    first,
    runFileTask: async (task, told) => {
      const signal = AbortSignal.any([told.signal, ending.signal])
      const running = runFileTask(threadDeps, task, { ...told, signal }, jobs.wake)
      tasks.add(running)
      return await running.finally(() => tasks.delete(running))
    },
    listen: async () => {
      const { listener, scheme } = createListener(http, config, log)
      server = listener
      server.listen(config.PORT, config.HOST)
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      return `${scheme}://localhost:${port}`
    },
    stop: () => {
      stopping ??= (async () => {
        ending.abort()
        if (server) {
          await sleep(config.ROLLCALL_STOP_DELAY * 1000)
          await closeServer(server)
        }
        await Promise.allSettled(tasks)
        await jobs.stop()
        await intake.stop()
        await stores.close()
      })()
      return stopping
    },
  }
}

function alertSettings({ ROLLCALL_SMTP, ROLLCALL_SMTP_FROM, ROLLCALL_WEBHOOKS_PRIVATE }: Config) {
  return { ROLLCALL_SMTP, ROLLCALL_SMTP_FROM, ROLLCALL_WEBHOOKS_PRIVATE }
}

/** The same for every process and every start (ruling 24). */
async function keysOf(stores: SharedStores): Promise<Lrs['keys']> {
  const [credentials, sessions, cursors] = await Promise.all(
    ['credentials', 'sessions', 'cursors'].map((name) => stores.keys.getOrCreate(name, randomSecret())),
  )
  const signing = await stores.keys.getOrCreate('signing', newSigningKey())
  return { credentials, sessions, cursors, signing } as Lrs['keys']
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const late = setTimeout(() => server.closeAllConnections(), FINISH_MS)
  await closed
  clearTimeout(late)
}
