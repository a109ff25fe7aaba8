/** Senders and readers over HTTP, with connections that stay open. */
import { Agent, request } from 'node:http'
import { statementText } from './statements.ts'

export const CONNECTIONS = 32
const KEY = 'bench'
const SECRET = 'bench-secret'
export const ACCOUNT = {
  ROLLCALL_KEY: KEY,
  ROLLCALL_SECRET: SECRET,
  ROLLCALL_ADMIN_EMAIL: 'bench@example.org',
  ROLLCALL_ADMIN_PASSWORD: 'bench-password',
}
const AUTHORIZATION = `Basic ${Buffer.from(`${KEY}:${SECRET}`).toString('base64')}`

export interface Client {
  send(method: string, path: string, body?: string, authorization?: string): Promise<string>
  close(): void
}

export function connect(url: string, connections = CONNECTIONS): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const { hostname, port } = new URL(url)
  return {
    send: (method, path, body, authorization = AUTHORIZATION) =>
      new Promise((resolve, reject) => {
        const headers = {
          Authorization: authorization,
          'X-Experience-API-Version': '1.0.3',
          'Content-Type': 'application/json',
          ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
        }
        const outgoing = request({ hostname, port, agent, method, path, headers }, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            if (response.statusCode === 200 || response.statusCode === 201) resolve(text)
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`))
          })
        })
        outgoing.on('error', reject)
        outgoing.end(body)
      }),
    close: () => agent.destroy(),
  }
}

export async function openSession(client: Client): Promise<string> {
  const body = JSON.stringify({
    email: ACCOUNT.ROLLCALL_ADMIN_EMAIL,
    password: ACCOUNT.ROLLCALL_ADMIN_PASSWORD,
  })
  const { token } = JSON.parse(await client.send('POST', '/api/v1/session', body)) as { token: string }
  return `Bearer ${token}`
}

/** Statements numbered from here on have not been sent in this run. */
let next = 0

export function batchText(size: number): string {
  const statements = Array.from({ length: size }, () => statementText(next++))
  return size === 1 ? (statements[0] as string) : `[${statements.join(',')}]`
}

/** @returns statements a second */
export async function ingest(client: Client, batch: number, seconds: number): Promise<number> {
  let sent = 0
  const start = performance.now()
  const end = start + seconds * 1000
  const sender = async () => {
    while (performance.now() < end) {
      await client.send('POST', '/xapi/statements', batchText(batch))
      sent += batch
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, sender))
  return sent / ((performance.now() - start) / 1000)
}

export interface Times {
  readonly p50: number
  readonly p99: number
}

/** ms. */
export async function timesOf(count: number, work: (index: number) => Promise<unknown>): Promise<Times> {
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const start = performance.now()
    await work(index)
    times.push(performance.now() - start)
  }
  return quantiles(times)
}

function quantiles(times: number[]): Times {
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

/** Senders at a steady pace: what a server that is not at its limit answers in. @returns of each batch, ms */
export async function steadily(
  client: Client,
  { senders, batch, everyMs }: { readonly senders: number; readonly batch: number; readonly everyMs: number },
  until: Promise<unknown>,
): Promise<Times> {
  const times: number[] = []
  let isOver = false
  void until.finally(() => {
    isOver = true
  })
  const sender = async () => {
    while (!isOver) {
      const start = performance.now()
      await client.send('POST', '/xapi/statements', batchText(batch))
      const took = performance.now() - start
      times.push(took)
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, everyMs - took)))
    }
  }
  await Promise.all(Array.from({ length: senders }, sender))
  return quantiles(times)
}
