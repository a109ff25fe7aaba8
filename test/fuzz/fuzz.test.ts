/**
 * Bad requests by the thousand: 400 with every run, 10,000 with ROLLCALL_SOAK=1 (`npm run soak`). A failure names the seed of
 * its request; ROLLCALL_FUZZ_SEED starts there.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSocket } from '../harness/raw-http.ts'
import { type Running, startServer, statement } from '../harness/running.ts'
import { seeded } from './random.ts'
import { type Fuzzed, fuzzedRequest } from './requests.ts'

const COUNT = process.env.ROLLCALL_SOAK === undefined ? 400 : 10_000
const SEED = Number(process.env.ROLLCALL_FUZZ_SEED ?? 1)
const AT_ONCE = 16
/** A server that does not answer by then hangs; its own time limits are longer. */
const PATIENCE_MS = 20_000
/** What may stay behind: caches, compiled code, the log of refusals. */
const GROWTH_BYTES = 48 * 1024 * 1024

let server: Running
beforeAll(async () => {
  server = await startServer({ ROLLCALL_LOG: 'silent', ROLLCALL_CORS: '*' })
})
afterAll(() => server.stop())

/** The status lines that came back, before the connection ended. */
async function answersTo({ bytes, pieces, breaksOff }: Fuzzed): Promise<readonly number[]> {
  const socket = openSocket(server.url)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  const size = Math.ceil(bytes.length / pieces)
  const end = breaksOff ? Math.floor(bytes.length / 2) : bytes.length
  for (let at = 0; at < end; at += size) {
    socket.write(bytes.subarray(at, Math.min(end, at + size)))
    if (pieces > 1) await new Promise((resolve) => setImmediate(resolve))
  }
  if (breaksOff) socket.destroy()
  else socket.end()
  const late = setTimeout(() => socket.destroy(new Error('late')), PATIENCE_MS)
  let hung = false
  socket.on('error', (error) => {
    hung ||= error.message === 'late'
  })
  await closed
  clearTimeout(late)
  if (hung) throw new Error('no end')
  return [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
}

async function run(from: number, to: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  let next = from
  const worker = async () => {
    for (let index = next++; index < to; index = next++) {
      const fuzzed = fuzzedRequest(seeded(SEED + index))
      const found = await answersTo(fuzzed).catch((error: Error) => [error.message])
      const bad = found.filter((status) => typeof status === 'string' || status >= 500)
      if (bad.length > 0)
        throw new Error(
          `seed ${SEED + index}: ${bad.join(', ')}\n${fuzzed.bytes.toString('latin1').slice(0, 2000)}`,
        )
      for (const status of found as number[]) statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return statuses
}

function heap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

describe(`${COUNT} bad requests`, () => {
  it('give no 5xx and no hang, leave no memory behind, and the server goes on', {
    timeout: 1_800_000,
  }, async () => {
    // Senders who never end: their connections stay open meanwhile.
    const slow = Array.from({ length: 20 }, () => {
      const socket = openSocket(server.url)
      socket.write('POST /xapi/statements HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n')
      return socket
    })
    const warm = Math.floor(COUNT / 4)
    await run(0, warm)
    const before = heap()
    const statuses = await run(warm, COUNT)
    const grown = heap() - before
    for (const socket of slow) socket.destroy()
    // The generator reaches all of the server, from the parser to the store.
    const kinds = COUNT > 5_000 ? [200, 204, 400, 401, 404, 405, 413] : [200, 400, 401, 404]
    expect(kinds.filter((status) => !statuses.has(status))).toEqual([])
    expect(grown).toBeLessThan(GROWTH_BYTES)
    expect(await server.send(statement())).toHaveLength(1)
  })
})
