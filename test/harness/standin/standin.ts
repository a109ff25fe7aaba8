/** The stand-in for a MongoDB server, for machines that can get none (Java 17 and Maven are enough). */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface TestServer {
  readonly name: string
  readonly url: string
  stop(): Promise<void>
}

/** Beside the sources: also when this runs built. */
const HERE = fileURLToPath(new URL('.', import.meta.url)).replace('/dist/test/', '/test/')
const VERSION = '1.47.0'
const LIBRARIES = join(HERE, `../../../node_modules/.cache/rollcall-standin/${VERSION}`)
const MAVEN_MS = 180_000

/** @throws when there is no Java or Maven, or the libraries cannot be downloaded */
export async function startStandIn(): Promise<TestServer> {
  if (!existsSync(join(LIBRARIES, `mongo-java-server-${VERSION}.jar`))) download()
  const child = spawn('java', ['-Xmx1g', '-cp', join(LIBRARIES, '*'), join(HERE, 'StandIn.java')], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, found] = /^listening on (\d+)$/.exec(line) ?? []
      if (found) resolve(found)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`java ended with ${code}`)))
  })
  return {
    name: `the stand-in (mongo-java-server ${VERSION}, in memory): it speaks the protocol, it is not MongoDB`,
    url: `mongodb://127.0.0.1:${port}`,
    stop: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}

function download(): void {
  const goal = ['-q', '-B', '-f', join(HERE, 'pom.xml'), 'dependency:copy-dependencies']
  const run = spawnSync('mvn', [...goal, `-DoutputDirectory=${LIBRARIES}`], {
    encoding: 'utf8',
    timeout: MAVEN_MS,
  })
  if (run.error) throw run.error
  if (run.status !== 0) throw new Error(`mvn: ${run.stdout.split('\n')[0]}`)
}
