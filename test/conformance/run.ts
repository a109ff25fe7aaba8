/**
 * `npm run conformance -- --suite DIR [--store sqlite | test | mongodb://HOST] [--version 1.0.3]`: the public conformance suite
 * against a server of its own, both versions. `test` is the MongoDB server the tests take (CONTRIBUTING.md).
 * The verdict is read from the suite's own log: its exit code says nothing (xapi.md). Ends with 1 unless every test passed.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { startMongo } from '../harness/mongo-server.ts'
import { runSuite } from './suite.ts'
import { EXPECTED, failuresOf, isComplete, type Version, verdictOf } from './verdict.ts'

const ACCOUNT = { ROLLCALL_KEY: 'conformance', ROLLCALL_SECRET: randomUUID() }

const { values } = parseArgs({
  options: {
    suite: { type: 'string' },
    store: { type: 'string', default: 'sqlite' },
    version: { type: 'string', multiple: true, default: Object.keys(EXPECTED) },
  },
})
const suite = resolve(values.suite ?? '')
if (!values.suite || !existsSync(join(suite, 'bin/console_runner.js'))) {
  console.error('--suite DIR must be a checkout of the conformance suite with its packages installed.')
  process.exit(2)
}
const unknown = values.version.find((version) => !(version in EXPECTED))
if (unknown !== undefined) {
  console.error(`--version ${unknown}: the suite has ${Object.keys(EXPECTED).join(' and ')}`)
  process.exit(2)
}

const directory = mkdtempSync(join(tmpdir(), 'rollcall-conformance-'))
const mongo = values.store === 'test' ? await startMongo() : null
const store = mongo ? `${mongo.url.replace(/\/$/, '')}/rollcall-conformance` : values.store
const app = await startApp(
  loadConfig({
    ...ACCOUNT,
    PORT: '0',
    HOST: '127.0.0.1',
    ROLLCALL_STORE: store,
    ROLLCALL_DATA: directory,
    ROLLCALL_LOG: 'warn',
  }),
)
let complete = true
try {
  const url = `${(await app.listen()).replace('localhost', '127.0.0.1')}/xapi`
  for (const version of values.version as Version[]) {
    console.log(`xAPI ${version} on ${mongo?.name ?? values.store}`)
    const log = await runSuite(suite, {
      url,
      version,
      key: ACCOUNT.ROLLCALL_KEY,
      secret: ACCOUNT.ROLLCALL_SECRET,
    })
    for (const failure of failuresOf(log)) console.log(`  FAILED ${failure}`)
    console.log(`  ${verdictOf(log, version)}`)
    complete &&= isComplete(log, version)
  }
} finally {
  await app.stop()
  await mongo?.stop()
  rmSync(directory, { recursive: true, force: true })
}
process.exit(complete ? 0 : 1)
