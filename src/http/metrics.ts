/** Prometheus metrics: the names of docs/operations.md. No label ever holds a tenant, a person or a made-up path. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { RequestHandler } from 'express'
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import { REFUSAL_KINDS, Refusal, type RefusalKind } from '../lrs/refusal.ts'
import { type GaugeDeps, measuredAtScrape } from './gauges.ts'
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

export interface MetricsDeps extends GaugeDeps {
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
  // Told as 0 from the start: what has no series yet can raise no alarm when it begins.
  for (const outcome of ['stored', 'existing']) statements.inc({ outcome }, 0)
  for (const reason of REFUSAL_KINDS) refusals.inc({ reason }, 0)
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

/** Constant time in what is told apart. */
function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHash('sha256').update(text).digest()) as [
    Buffer,
    Buffer,
  ]
  return timingSafeEqual(a, b)
}
