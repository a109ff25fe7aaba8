/** One server for a file of the acceptance set, on the store its project names, and what its tests say to it. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect } from 'vitest'
import { LEARNER, type Running, startServer } from '../harness/running.ts'

export interface Asked {
  /** `X-Experience-API-Version`; 1.0.3 unless said otherwise. */
  readonly version?: string
  /** Authorization; the learner credential (scope `all`) unless said otherwise. */
  readonly as?: string
  readonly headers?: Record<string, string>
}

export type Json = Record<string, unknown>

export interface Listed {
  readonly statements: readonly Json[]
  readonly more: string
}

export interface Endpoint {
  /** The server itself; not before the first `beforeAll` has run. */
  server(): Running
  /** A body that is no string is sent as JSON. */
  post(body: unknown, asked?: Asked): Promise<Response>
  put(id: string, body: unknown, asked?: Asked): Promise<Response>
  /** Stores; fails the test when it is refused. */
  send(body: unknown, asked?: Asked): Promise<readonly string[]>
  /** GET /statements with these parameters, whatever comes. */
  ask(query: Record<string, string>, asked?: Asked): Promise<Response>
  /** By `statementId`; fails the test when there is none. `query`: format and the like. */
  read(id: unknown, query?: Record<string, string>, asked?: Asked): Promise<Json>
  /** The status of asking for one id: 200 or 404. */
  statusOf(id: unknown, parameter?: 'statementId' | 'voidedStatementId'): Promise<number>
  list(query: Record<string, string>, asked?: Asked): Promise<Listed>
  /** The page behind a `more` link. */
  next(more: string, asked?: Asked): Promise<Listed>
  /** Every statement of an answer, page by page. */
  all(query: Record<string, string>, asked?: Asked): Promise<readonly Json[]>
}

/** Called once at the top of a file. `settings`: environment variables of the server. */
export function endpoint(settings: Record<string, string> = {}): Endpoint {
  let running: Running
  beforeAll(async () => {
    running = await startServer(settings)
  })
  afterAll(() => running.stop())

  const write = (path: string, method: string, body: unknown, asked: Asked) =>
    running.xapi(path, { ...asked, method, body: typeof body === 'string' ? body : JSON.stringify(body) })
  const ask: Endpoint['ask'] = (query, asked = {}) =>
    running.xapi(`/statements?${new URLSearchParams(query)}`, asked)
  const listed = async (response: Response): Promise<Listed> =>
    (await readable(response)) as unknown as Listed
  const next: Endpoint['next'] = async (more, { as = LEARNER, version = '1.0.3', headers } = {}) =>
    listed(
      await fetch(new URL(more, running.url), {
        headers: { Authorization: as, 'X-Experience-API-Version': version, ...headers },
      }),
    )
  const list: Endpoint['list'] = async (query, asked) => listed(await ask(query, asked))
  return {
    server: () => running,
    post: (body, asked = {}) => write('/statements', 'POST', body, asked),
    put: (id, body, asked = {}) => write(`/statements?statementId=${id}`, 'PUT', body, asked),
    send: async (body, asked = {}) =>
      (await readable(await write('/statements', 'POST', body, asked))) as unknown as string[],
    ask,
    read: async (id, query = {}, asked) => readable(await ask({ statementId: String(id), ...query }, asked)),
    statusOf: async (id, parameter = 'statementId') => (await ask({ [parameter]: String(id) })).status,
    list,
    next,
    all: async (query, asked) => {
      let page = await list(query, asked)
      const found = [...page.statements]
      while (page.more !== '') {
        page = await next(page.more, asked)
        found.push(...page.statements)
      }
      return found
    },
  }
}

async function readable(response: Response): Promise<Json> {
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Json
}

/** Refused with 4xx that names the place and the requirement (CONTRIBUTING, rule 3). */
export async function expectRefused(response: Response, status: number, path?: string): Promise<void> {
  const text = await response.text()
  expect(response.status, text).toBe(status)
  if (path === undefined) return
  const { errors } = JSON.parse(text) as { errors: { path: string; requirement: string }[] }
  expect(errors[0]?.path).toBe(path)
  expect(errors[0]?.requirement).toBeTruthy()
}

export const idsOf = (statements: readonly Json[]): readonly unknown[] => statements.map(({ id }) => id)

/** An IRI nobody else uses: what a test finds by it is its own. */
export const ownIri = (kind = 'verbs'): string => `https://example.org/${kind}/${randomUUID()}`

export const reference = (id: unknown): Json => ({ objectType: 'StatementRef', id })
