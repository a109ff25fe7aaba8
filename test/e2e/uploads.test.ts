/** Uploads on bad days: large ones need no memory, broken ones leave no bytes, and nothing waits for either. */
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { attachmentCollections } from '../../src/store/mongo/schema/attachment-collections.ts'
import {
  attachmentOf,
  BOUNDARY,
  bytesPart,
  jsonPart,
  multipart,
  multipartType,
} from '../acceptance/multipart.ts'
import { newDirectory, removeDirectory, storeOf } from '../harness/mongo.ts'
import { type Served, serveProcess } from '../harness/process.ts'
import { LEARNER, type Running, startServer, statement } from '../harness/running.ts'

const HEADERS = { Authorization: LEARNER, 'X-Experience-API-Version': '1.0.3' }

function open(url: string, headers: Record<string, string> = {}): ClientRequest {
  return request(`${url}/xapi/statements`, {
    method: 'POST',
    headers: { ...HEADERS, ...multipartType(), ...headers },
  })
}

async function answerOf(sent: ClientRequest): Promise<{ status: number; text: string }> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const chunks = (await response.toArray()) as Buffer[]
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }
}

/** How many uploads have left bytes behind: files, or on MongoDB what GridFS and the list of what is coming hold. */
async function keptIn(directory: string): Promise<number> {
  const { ROLLCALL_STORE } = storeOf(directory).settings
  return ROLLCALL_STORE === undefined ? filesIn(directory) : await uploadsIn(ROLLCALL_STORE)
}

function filesIn(directory: string): number {
  const attachments = join(directory, 'attachments')
  if (!existsSync(attachments)) return 0
  return readdirSync(attachments, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    .length
}

async function uploadsIn(url: string): Promise<number> {
  const client = new MongoClient(url)
  const own = attachmentCollections(client.db())
  const ids = await Promise.all([
    own.staged.distinct('_id'),
    own.files.distinct('_id'),
    own.chunks.distinct('files_id'),
  ])
  await client.close()
  return new Set(ids.flat().map(String)).size
}

describe('an upload', () => {
  let server: Running
  beforeAll(async () => {
    server = await startServer({ ROLLCALL_ATTACHMENT_LIMIT: '4mb' })
  })
  afterAll(() => server.stop())

  const bytes = randomBytes(300_000)
  const one = () => statement({ attachments: [attachmentOf(bytes)] })
  const bodyOf = (said: unknown) => multipart([jsonPart(said), bytesPart(bytes)])
  const noneKept = () =>
    vi.waitFor(async () => expect(await keptIn(server.directory)).toBe(0), { timeout: 10_000 })

  it('that breaks off leaves no bytes and no statement', async () => {
    const said = one()
    const sent = open(server.url, { 'Content-Length': '1000000' })
    sent.on('error', () => undefined)
    sent.write(bodyOf(said).subarray(0, 200_000))
    await vi.waitFor(async () => expect(await keptIn(server.directory)).toBe(1), { timeout: 10_000 })
    sent.destroy()
    await noneKept()
    expect((await server.xapi(`/statements?statementId=${said.id}`)).status).toBe(404)
  })

  it('that is refused in its middle is answered while it is still coming, and leaves no bytes', async () => {
    const sent = open(server.url)
    sent.write(bodyOf(one()).subarray(0, -(BOUNDARY.length + 8)))
    sent.write(`\r\n--${BOUNDARY}\r\nContent-Type: text/plain\r\n\r\n`)
    const { status, text } = await answerOf(sent)
    expect(status).toBe(400)
    expect(text).toContain('X-Experience-API-Hash')
    sent.destroy()
    await noneKept()
  })

  it('beyond the limit is refused as soon as that is clear: by its length, or when it is reached', async () => {
    const declared = open(server.url, { 'Content-Length': '5000000' })
    declared.on('error', () => undefined)
    declared.flushHeaders()
    expect((await answerOf(declared)).status).toBe(413)
    declared.destroy()
    const endless = open(server.url)
    endless.on('error', () => undefined)
    endless.write(multipart([jsonPart(one()), bytesPart(randomBytes(4_500_000))]).subarray(0, -100))
    const { status, text } = await answerOf(endless)
    expect(status).toBe(413)
    expect(text).toContain('ROLLCALL_ATTACHMENT_LIMIT')
    endless.destroy()
    await noneKept()
  })

  it('that comes byte by byte is taken, and others are answered meanwhile', async () => {
    const small = Buffer.from('slow')
    const said = statement({ attachments: [attachmentOf(small)] })
    const sent = open(server.url)
    sent.setNoDelay(true)
    const body = multipart([jsonPart(said), bytesPart(small)])
    for (const byte of body.subarray(0, 300)) {
      if (!sent.write(Buffer.of(byte))) await once(sent, 'drain')
    }
    expect((await server.xapi('/statements?limit=1')).status).toBe(200)
    for (const byte of body.subarray(300)) sent.write(Buffer.of(byte))
    sent.end()
    expect((await answerOf(sent)).status).toBe(200)
    expect(await keptIn(server.directory)).toBe(1)
  })
})

describe('a large attachment', () => {
  let directory: string
  let served: Served
  beforeEach(async () => {
    directory = newDirectory('uploads')
    served = await serveProcess(directory)
  })
  afterEach(async () => {
    await served.end('SIGKILL')
    await removeDirectory(directory)
  })

  /** Twice what may be held, and less on the stand-in for MongoDB, which has no index to find a part by. */
  const SIZE = (inject('store') === 'sqlite' ? 150 : 100) * 1024 * 1024
  const block = randomBytes(1024 * 1024)
  async function* blocks(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; left -= block.length)
      yield block.subarray(0, Math.min(left, block.length))
  }
  /** Most memory the server has had since it started. */
  const peak = (): number => {
    const [, kb = ''] =
      /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${served.process.pid}/status`, 'utf8')) ?? []
    return Number(kb) * 1024
  }
  const hashed = async (source: AsyncIterable<Uint8Array>): Promise<string> => {
    const hash = createHash('sha256')
    for await (const chunk of source) hash.update(chunk)
    return hash.digest('hex')
  }

  it.runIf(process.platform === 'linux')(
    'of a hundred MB and more goes in and out without being held in memory',
    async () => {
      const sha2 = await hashed(blocks(SIZE))
      const said = statement({ attachments: [attachmentOf(Buffer.alloc(0), { sha2, length: SIZE })] })
      const whole = multipart([jsonPart(said), bytesPart(Buffer.alloc(0), { 'X-Experience-API-Hash': sha2 })])
      const end = whole.length - `\r\n--${BOUNDARY}--\r\n`.length
      const before = peak()
      const sent = open(served.url)
      const answered = answerOf(sent)
      const body = async function* () {
        yield whole.subarray(0, end)
        yield* blocks(SIZE)
        yield whole.subarray(end)
      }
      await pipeline(Readable.from(body()), sent)
      expect(await answered).toMatchObject({ status: 200 })
      const got = await served.get(`statementId=${said.id}&attachments=true`)
      expect(Number(got.headers.get('content-length'))).toBeGreaterThan(SIZE)
      let received = 0
      for await (const chunk of got.body as unknown as AsyncIterable<Uint8Array>) received += chunk.length
      expect(received).toBe(Number(got.headers.get('content-length')))
      expect(peak() - before).toBeLessThan(100 * 1024 * 1024)
    },
    120_000,
  )

  /** On MongoDB another process may be receiving it: there it goes after a grace (mongo-attachments.test.ts). */
  it.runIf(inject('store') === 'sqlite')(
    'whose server is killed while it comes leaves nothing after the next start',
    async () => {
      const sent = open(served.url)
      sent.on('error', () => undefined)
      sent.write(multipart([jsonPart(statement()), bytesPart(randomBytes(500_000))]).subarray(0, 400_000))
      await vi.waitFor(() => expect(filesIn(directory)).toBe(1), { timeout: 10_000 })
      await served.end('SIGKILL')
      expect(filesIn(directory)).toBe(1)
      served = await serveProcess(directory)
      expect(filesIn(directory)).toBe(0)
    },
  )
})
