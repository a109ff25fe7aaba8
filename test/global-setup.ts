import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import type {} from './harness/mongo.ts'
import { startMongo } from './harness/mongo-server.ts'

/** The built files, and a MongoDB server of the whole run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  build()
  const server = await startMongo()
  console.log(`MongoDB tests run on ${server.name}.`)
  project.provide('mongoUrl', server.url)
  return server.stop
}

/** Threads and whole processes run from dist/: Node 20 cannot run TypeScript in them. */
function build(): void {
  try {
    execFileSync('npm', ['run', '--silent', 'build'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: 'inherit',
    })
  } catch {
    /* interim */
  }
}
