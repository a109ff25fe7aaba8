/**
 * The MongoDB server of a test run, found in this order: one that is given, a real mongod of this machine or downloaded,
 * the stand-in. Never skipped: without one the run fails and says what to do.
 */
import { spawnSync } from 'node:child_process'
import { startStandIn, type TestServer } from './standin/standin.ts'

/** How long the place of the downloads may take to answer before it is given up, ms. */
const PROBE_MS = 3_000
const DOWNLOADS = 'https://fastdl.mongodb.org/'

const WAYS =
  'The tests need a MongoDB server: set ROLLCALL_TEST_MONGODB=mongodb://…, or put a mongod on the PATH (or let ' +
  'mongodb-memory-server download one), or install Java 17 and Maven for the stand-in.'

/** @throws one sentence that names the three ways, with what each failed at as its cause */
export async function startMongo(environment: NodeJS.ProcessEnv = process.env): Promise<TestServer> {
  const given = environment.ROLLCALL_TEST_MONGODB
  if (given) return { name: 'the server of ROLLCALL_TEST_MONGODB', url: given, stop: async () => undefined }
  const failures: unknown[] = []
  for (const start of waysOf(environment)) {
    try {
      return await start()
    } catch (error) {
      failures.push(error)
    }
  }
  throw new AggregateError(failures, `${WAYS} ${failures.map(String).join('; ')}`)
}

function waysOf(environment: NodeJS.ProcessEnv): readonly (() => Promise<TestServer>)[] {
  const memory = () => startMemoryServer(environment)
  if (environment.ROLLCALL_TEST_MONGO === 'standin') return [startStandIn]
  if (environment.ROLLCALL_TEST_MONGO === 'memory') return [memory]
  return [memory, startStandIn]
}

async function startMemoryServer(environment: NodeJS.ProcessEnv): Promise<TestServer> {
  const installed = environment.MONGOMS_SYSTEM_BINARY ?? mongodOnPath()
  // It would try for minutes where nothing can be downloaded.
  if (!installed) await fetch(DOWNLOADS, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_MS) })
  const { MongoMemoryReplSet } = await import('mongodb-memory-server')
  const server = await MongoMemoryReplSet.create({
    replSet: { count: 1, storageEngine: 'wiredTiger' },
    ...(installed && { binary: { systemBinary: installed } }),
  })
  return {
    name: `a mongod of mongodb-memory-server${installed ? ` (${installed})` : ''}`,
    url: server.getUri(),
    stop: async () => {
      await server.stop()
    },
  }
}

function mongodOnPath(): string | undefined {
  const found = spawnSync('which', ['mongod'], { encoding: 'utf8' })
  return found.status === 0 ? found.stdout.trim() : undefined
}
