/** Prometheus metrics: the names of docs/operations.md. No label ever holds a tenant, a person or a made-up path. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Lrs } from '../lrs/context.ts'
import { Refusal, type RefusalKind } from '../lrs/refusal.ts'
import type { Answered } from './observe.ts'

export interface Metrics {
  answered(answered: Answered): void
  refused(kind: RefusalKind): void
  /** Of one request: how many were new, and how many were there already. */
  stored(fresh: number, existing: number): void
  /** GET /metrics */
  readonly handler: RequestHandler
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
const BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface MetricsDeps {
  readonly lrs: Pick<Lrs, 'stores' | 'clock'>
  readonly isReady: () => Promise<boolean>
  /** Bearer token that `/metrics` asks for; none when undefined. */
  readonly token: string | undefined
}

export function createMetrics({ lrs, isReady, token }: MetricsDeps): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  const duration = new Histogram({
    name: 'rollcall_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer, in seconds.',
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS,
    registers,
  })
  const statements = new Counter({
    name: 'rollcall_statements_total',
    help: 'Statements accepted over HTTP: new ones (stored) and identical resends (existing).',
    labelNames: ['outcome'],
    registers,
  })
  const refusals = new Counter({
    name: 'rollcall_refusals_total',
    help: 'Refused requests by reason.',
    labelNames: ['reason'],
    registers,
  })
  measuredAtScrape({ lrs, isReady }, registers)

  return {
    answered: ({ method, route, status, seconds }) => {
      const labels = {
        method: METHODS.has(method) ? method : 'other',
        route,
        status: `${Math.floor(status / 100)}xx`,
      }
      duration.observe(labels, seconds)
    },
    refused: (reason) => refusals.inc({ reason }),
    stored: (fresh, existing) => {
      statements.inc({ outcome: 'stored' }, fresh)
      statements.inc({ outcome: 'existing' }, existing)
    },
    handler: async (request, response) => {
      if (token !== undefined && !isSame(request.get('authorization') ?? '', `Bearer ${token}`)) {
        throw new Refusal('unauthenticated', '/metrics asks for the token of ROLLCALL_METRICS_TOKEN')
      }
      response.type(register.contentType).send(await register.metrics())
    },
  }
}

/** What is looked up when Prometheus asks. One that cannot be read just now is left out, the others are still told. */
function measuredAtScrape(
  { lrs, isReady }: Pick<MetricsDeps, 'lrs' | 'isReady'>,
  registers: Registry[],
): void {
  const gauge = (name: string, help: string, read: () => Promise<number | null>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const value = await read().catch(() => null)
        if (value === null) this.remove()
        else this.set(value)
      },
    })
  const { stores, clock } = lrs
  gauge('rollcall_ready', '1 when statements can be taken, as /ready says.', async () =>
    (await isReady()) ? 1 : 0,
  )
  gauge(
    'rollcall_count_lag_seconds',
    'Age of the oldest statement that some count has not seen yet, in seconds.',
    async () => {
      const tenants = await stores.tenants.list()
      const through = await Promise.all(tenants.map(({ id }) => stores.metering.computedThrough(id)))
      return Math.max(
        0,
        ...through.map(({ at, behind }) => (behind === null ? 0 : (clock.now() - at) / 1000)),
      )
    },
  )
  gauge(
    'rollcall_snapshot_mismatches',
    'Differences that the last look at each closed window found; anything above 0 is an alarm.',
    async () => {
      const tenants = await stores.tenants.list()
      const closings = await Promise.all(tenants.map(({ id }) => stores.snapshots.closings(id)))
      return closings
        .flat()
        .reduce((sum, { verification }) => sum + (verification?.mismatches.length ?? 0), 0)
    },
  )
  gauge(
    'rollcall_store_bytes',
    'What the store takes on its disk, in bytes.',
    async () => (await stores.upkeep.size()).bytes,
  )
  gauge(
    'rollcall_store_free_bytes',
    'What is left on the disk of the store, in bytes; absent where its engine does not say.',
    async () => (await stores.upkeep.size()).freeBytes,
  )
}

/** Constant time in what is told apart. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest()) as [
    Buffer,
    Buffer,
  ]
  return timingSafeEqual(a, b)
}
