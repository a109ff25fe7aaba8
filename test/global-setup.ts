import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import type {} from './harness/mongo.ts'
import { startMongo } from './harness/mongo-server.ts'

/** The built files, and a MongoDB server of the whole run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const run = sharedRun()
  run.users += 1
  const server = await run.server
  project.provide('mongoUrl', server.url)
  return async () => {
    run.users -= 1
    if (run.users === 0) await server.stop()
  }
}

interface Run {
  readonly server: ReturnType<typeof startMongo>
  users: number
}

/** This file is run for each project, in one process but as modules of their own. */
function sharedRun(): Run {
  const shared = globalThis as { rollcallTestRun?: Run }
  shared.rollcallTestRun ??= { server: start(), users: 0 }
  return shared.rollcallTestRun
}

async function start(): ReturnType<typeof startMongo> {
  build()
  const server = await startMongo()
  console.log(`MongoDB tests run on ${server.name}.`)
  return server
}

/** Threads and whole processes run from dist/: Node 20 cannot run TypeScript in them. */
function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: 'inherit',
  })
}
