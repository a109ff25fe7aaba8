/** A server in a process of its own. `noop`: everything but storing. Prints its address. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type App, startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { serveControl } from '../../src/control.ts'
import { createHttp } from '../../src/http/server.ts'
import { createLog } from '../../src/log.ts'
import { runBodyOperation } from '../../src/lrs/statements/body-operations.ts'

const [mode] = process.argv.slice(2)
const config = loadConfig(process.env)
const app = await startApp(config)
const control = await serveControl(config.ROLLCALL_DATA, app)
console.log(mode === 'noop' ? await listenWithoutStore(app) : await app.listen())
process.once('SIGTERM', () => {
  void control
    .close()
    .then(() => app.stop())
    .then(() => process.exit(0))
})

async function listenWithoutStore({ lrs }: App): Promise<string> {
  const statements = {
    ...lrs.stores.statements,
    insert: async () => ({ outcome: 'stored', stored: Date.now(), existing: [] }) as const,
  }
  const without = { ...lrs, stores: { ...lrs.stores, statements }, wake: () => undefined }
  const http = createHttp({
    lrs: without,
    bodyLimit: config.ROLLCALL_BODY_LIMIT,
    attachmentLimit: 1024 * 1024,
    bodies: { run: (operation, caller, body) => runBodyOperation(without, operation, caller, body) },
    log: createLog('error'),
    keepRefusals: 0,
    readiness: async () => 'ready',
    rateLimit: 0,
  })
  const server = createServer(http).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
