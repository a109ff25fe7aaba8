/** The model behind a window's forecast: read from counted rows, and kept while nothing changes much. */
import type { Window } from '../../metering/count.ts'
import { type Model, modelSteps } from '../../metering/forecast/forecast.ts'
import { type ActivationHistory, buildHistory, type HistoryBuilder } from '../../metering/forecast/history.ts'
import { beforeWindow, windowsBefore } from '../../metering/windows.ts'
import type { TenantId } from '../../store/ports.ts'
import type { PolicyHistory } from '../counting/policies.ts'
import type { RecountDeps } from '../counting/recount.ts'
import { versionOf } from '../counting/window-view.ts'
import { Refusal } from '../refusal.ts'
import type { Step } from '../studies/step.ts'
import { keyOf, shiftedHistory } from './forecast-shifted.ts'

/** Past windows looked at. */
const WINDOWS = 24
const PAGE = 1_000
/** A model is used again that long although somebody was counted meanwhile, and never on another day, ms. */
export const FRESH_MS = 120_000
/** Or so many times as long as it took to make. */
export const FRESH_TIMES = 50
/** Keys one model takes: it remembers for each when it counted in every window, some 0.6 KB. */
const MOST_KEYS = 500_000
const DAY_MS = 86_400_000
/** Models kept: each remembers where every learner stands. */
const KEPT = 4

/** Past errors are of the policy's own windows, or of windows as long that began in every month and overlap (counting §6, last line). */
export type Calibration = 'windows' | 'shifted-windows'

export interface KnownModel {
  readonly model: Model
  readonly calibration: Calibration
}

interface Kept extends KnownModel {
  readonly count: number
  readonly made: number
  /** ms. */
  readonly took: number
}

const kept = new WeakMap<RecountDeps['stores'], Map<string, Kept>>()

interface Asked {
  /** The window that is open, or that is evaluated next. */
  readonly open: Window
  /** Of it, now. */
  readonly count: number
  readonly limit: number | null
}

/** @throws Refusal `too-large`, Interrupted */
export async function forecastModel(
  deps: RecountDeps,
  tenant: TenantId,
  history: PolicyHistory,
  asked: Asked,
  step: Step,
): Promise<KnownModel> {
  const models = kept.get(deps.stores) ?? new Map<string, Kept>()
  kept.set(deps.stores, models)
  const name = `${tenant}|${asked.open.id}`
  const now = deps.clock.now()
  const known = models.get(name)
  if (known && isFresh(known, asked.count, now)) return known
  const started = performance.now()
  const made = await makeModel(deps, tenant, history, { ...asked, now }, step)
  models.delete(name)
  models.set(name, { ...made, count: asked.count, made: now, took: performance.now() - started })
  for (const oldest of [...models.keys()].slice(0, -KEPT)) models.delete(oldest)
  return made
}

function isFresh({ count: then, made, took }: Kept, count: number, now: number): boolean {
  if (Math.floor(now / DAY_MS) !== Math.floor(made / DAY_MS)) return false
  return then === count || now - made < Math.max(FRESH_MS, FRESH_TIMES * took)
}

async function makeModel(
  deps: RecountDeps,
  tenant: TenantId,
  history: PolicyHistory,
  { open, now, limit }: Asked & { readonly now: number },
  step: Step,
): Promise<KnownModel> {
  const whole = await windowHistory(deps, tenant, history, open, step)
  const model = await workedOut(modelSteps(whole, now, limit), step)
  if (model.reach !== null) return { model, calibration: 'windows' }
  const { policy } = versionOf(history, open.version)
  const shifted = await shiftedHistory(deps, tenant, { policy, open, now }, step)
  if (!shifted) return { model, calibration: 'windows' }
  demandRoom(shifted.keys.length)
  const other = await workedOut(modelSteps(shifted, now, limit), step)
  return other.reach === null
    ? { model, calibration: 'windows' }
    : { model: other, calibration: 'shifted-windows' }
}

async function workedOut(steps: Generator<void, Model>, step: Step): Promise<Model> {
  for (;;) {
    const next = steps.next()
    if (next.done) return next.value
    await step(null)
  }
}

async function windowHistory(
  deps: RecountDeps,
  tenant: TenantId,
  { versions }: PolicyHistory,
  open: Window,
  step: Step,
): Promise<ActivationHistory> {
  const range = { from: Number.MIN_SAFE_INTEGER, to: beforeWindow(versions, open) }
  const windows = [...windowsBefore(versions, range, WINDOWS).reverse(), open]
  const builder = buildHistory(windows)
  for (const [index, window] of windows.entries()) {
    await readWindow(deps, tenant, window, { builder, index, step })
    await step({ done: index + 1, of: windows.length, unit: 'windows' })
  }
  return builder.done()
}

async function readWindow(
  { stores: { metering } }: RecountDeps,
  tenant: TenantId,
  window: Window,
  { builder, index, step }: { readonly builder: HistoryBuilder; readonly index: number; readonly step: Step },
): Promise<void> {
  let cursor: string | null = null
  do {
    const page = await metering.counted(tenant, window, { limit: PAGE, ...(cursor && { cursor }) })
    for (const { learner, key, evidence } of page.items)
      builder.add(index, {
        key: keyOf(learner, key),
        // What came too late for the window before counts from the beginning of this one.
        at: Math.max(evidence.at, window.start),
        stored: evidence.stored,
      })
    demandRoom(builder.size)
    cursor = page.next
    await step(null)
  } while (cursor !== null)
}

function demandRoom(keys: number): void {
  if (keys > MOST_KEYS)
    throw new Refusal(
      'too-large',
      `a forecast takes ${MOST_KEYS} counted in the last ${WINDOWS} windows at most`,
    )
}
