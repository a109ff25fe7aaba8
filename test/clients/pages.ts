/** Content on a web server of its own: another origin than the LRS. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'

const packageFile = (name: string, file: string) =>
  join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file)

const SCRIPTS: Readonly<Record<string, string>> = {
  '/xapi.js': packageFile('@xapi/xapi', 'dist/XAPI.umd.js'),
  '/cmi5.js': packageFile('@xapi/cmi5', 'dist/Cmi5.umd.js'),
}

const PAGE = `<!doctype html><title>Content</title>
<script src="/xapi.js"></script><script src="/cmi5.js"></script>`

export interface Pages {
  readonly origin: string
  stop(): Promise<void>
}

export async function servePages(): Promise<Pages> {
  const server = createServer((request, response) => {
    const script = SCRIPTS[request.url ?? '']
    response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html')
    response.end(script ? readFileSync(script) : PAGE)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
