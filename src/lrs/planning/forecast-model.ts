/** The model behind a window's forecast: read from counted rows, never from statements, and kept while nothing changes much. */
import type { Window } from '../../metering/count.ts'
import { type Model, modelOf } from '../../metering/forecast/forecast.ts'
import { type Activation, historyOf, type WindowActivations } from '../../metering/forecast/history.ts'
import { windowsBefore } from '../../metering/windows.ts'
import type { TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import type { PolicyHistory } from '../counting/policies.ts'
import { Refusal } from '../refusal.ts'

type ForecastDeps = Pick<Lrs, 'stores' | 'clock'>

/** Past windows looked at. */
const WINDOWS = 24
const PAGE = 1_000
/** A model is used again that long although somebody was counted meanwhile, and never on another day, ms. */
const FRESH_MS = 300_000
/** Learners one model takes: it is worked out in one go, and nobody else is answered meanwhile. */
const MOST_LEARNERS = 20_000
const DAY_MS = 86_400_000
/** Models kept: each remembers where every learner stands. */
const KEPT = 16

interface Kept {
  readonly count: number
  readonly made: number
  readonly model: Promise<Model>
}

const kept = new WeakMap<ForecastDeps['stores'], Map<string, Kept>>()

/** @param open the window, not a rolling one's */
export function forecastModel(
  deps: ForecastDeps,
  tenant: TenantId,
  history: PolicyHistory,
  { open, count, limit }: { readonly open: Window; readonly count: number; readonly limit: number | null },
): Promise<Model> {
  const models = kept.get(deps.stores) ?? new Map<string, Kept>()
  kept.set(deps.stores, models)
  const name = `${tenant}|${open.id}`
  const now = deps.clock.now()
  const known = models.get(name)
  if (known && isFresh(known, count, now)) return known.model
  const model = readModel(deps, tenant, history, { open, now, limit })
  models.delete(name)
  models.set(name, { count, made: now, model })
  for (const oldest of [...models.keys()].slice(0, -KEPT)) models.delete(oldest)
  model.catch(() => models.delete(name))
  return model
}

function isFresh({ count: then, made }: Kept, count: number, now: number): boolean {
  if (Math.floor(now / DAY_MS) !== Math.floor(made / DAY_MS)) return false
  return then === count || now - made < FRESH_MS
}

async function readModel(
  deps: ForecastDeps,
  tenant: TenantId,
  { versions }: PolicyHistory,
  { open, now, limit }: { readonly open: Window; readonly now: number; readonly limit: number | null },
): Promise<Model> {
  const range = { from: Number.MIN_SAFE_INTEGER, to: open.start }
  const windows = [...windowsBefore(versions, range, WINDOWS).reverse(), open]
  const read: WindowActivations[] = []
  for (const window of windows)
    read.push({ start: window.start, end: window.end, activations: await activations(deps, tenant, window) })
  const made = historyOf(read)
  if (made.keys.length > MOST_LEARNERS)
    throw new Refusal('too-large', `a forecast takes ${MOST_LEARNERS} learners at most`)
  return modelOf(made, now, limit)
}

async function activations(
  { stores: { metering } }: ForecastDeps,
  tenant: TenantId,
  window: Window,
): Promise<readonly Activation[]> {
  const found: Activation[] = []
  let cursor: string | undefined
  do {
    const page = await metering.counted(tenant, window, {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const { learner, key, evidence } of page.items)
      found.push({
        key: keyOf(learner, key),
        // What came too late for the window before counts from the beginning of this one.
        at: Math.max(evidence.at, window.start),
        stored: evidence.stored,
      })
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return found
}

/** A learner's one key is the learner. */
function keyOf(learner: string, key: string): string {
  return key === 'learner' ? learner : `${learner}|${key}`
}
