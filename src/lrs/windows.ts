/** Windows of a policy with their live counts, and the licence view of the current one. */
import { EVER, type Window } from '../metering/count.ts'
import { neededBy, termAt } from '../metering/judge.ts'
import { countsSeveralKeys } from '../metering/keys.ts'
import { type LicenceFigures, licenceFigures } from '../metering/licence.ts'
import type { Policy } from '../metering/policy.ts'
import {
  liveWindow,
  type PolicyVersion,
  reignOf,
  windowAt,
  windowById,
  windowsBefore,
} from '../metering/windows.ts'
import type { Page, PageRequest, StoredPolicy, WindowRef } from '../store/ports.ts'
import { type Caller, demand } from './access.ts'
import type { Lrs } from './context.ts'
import { openCursor, sealCursor } from './cursor.ts'
import { type PolicyHistory, policiesOf, policyOf } from './policies.ts'
import { Refusal } from './refusal.ts'

export interface WindowView {
  readonly id: string
  readonly policy: string
  readonly version: number
  readonly start: string
  readonly end: string
  readonly timeZone: string
  /** `historical`: ended before the policy was made, counted live, never sealed (Q22a); `live`: rolls with time (ruling 10). */
  readonly status: 'open' | 'ended' | 'historical' | 'future' | 'live'
  readonly activeLearners: number
}

/** How far back a list goes when nobody says `from`. */
const YEARS_BACK = 3

/** Newest first. `from` and `to` in ms; default: the last three years up to now. */
export interface WindowSelection extends PageRequest {
  readonly policy: string | undefined
  readonly from: number | undefined
  readonly to: number | undefined
}

/** One page of a policy's windows. Only its own windows are worked out: any range costs the same. */
export async function listWindows(
  lrs: Lrs,
  caller: Caller,
  { policy, limit, cursor, ...range }: WindowSelection,
): Promise<Page<WindowView>> {
  demand(caller, 'read reports')
  const history = await policyOf(lrs.stores, caller.tenant, policy)
  // A key of its own: the continuation of another list is none of this one.
  const key = `${lrs.keys.cursors}|windows`
  const given = cursor === undefined ? null : openCursor(cursor, caller, key)
  const last = given?.upTo ?? range.to ?? lrs.clock.now()
  const from = range.from ?? last - YEARS_BACK * 366 * 86_400_000
  const windows = windowsBefore(history.versions, { from, to: given?.after ?? last }, limit + 1)
  const shown = windows.slice(0, limit)
  const after = windows.length > limit ? shown.at(-1)?.start : undefined
  return {
    items: await Promise.all(shown.map((window) => windowView(lrs, caller, history, window))),
    next: after === undefined ? null : sealCursor({ after, upTo: last }, caller, key),
  }
}

export async function readWindow(lrs: Lrs, caller: Caller, id: string): Promise<WindowView> {
  demand(caller, 'read reports')
  const { history, window } = await findWindow(lrs, caller, id)
  return windowView(lrs, caller, history, window)
}

/** @throws Refusal `not-found` */
export async function findWindow(
  lrs: Lrs,
  caller: Caller,
  id: string,
): Promise<{ history: PolicyHistory; window: Window }> {
  for (const history of await policiesOf(lrs.stores, caller.tenant)) {
    const window = windowById(history.versions, id) ?? liveById(history.versions, id, lrs.clock.now())
    if (window) return { history, window }
  }
  throw new Refusal('not-found', `there is no window «${id}»`)
}

function liveById(versions: readonly PolicyVersion[], id: string, now: number): Window | null {
  const live = versions.map((version) => liveWindow(version, now))
  return live.find((window) => window?.id === id) ?? null
}

/** The window that matters now: the open one, or of a rolling policy the length up to now; null before the anchor. */
function currentWindow(versions: readonly PolicyVersion[], now: number): Window | null {
  const index = versions.findLastIndex((_, version) => now >= reignOf(versions, version).from)
  const version = versions[index]
  return (version && liveWindow(version, now)) ?? windowAt(versions, now)
}

/** Under which start the store keeps a window's rows. */
export function refOf({ policy, version, start, row = start }: Window): WindowRef {
  return { policy, version, start: row }
}

/** Rows of a live window lie under one name for all time: only those from its start on are in it now. */
export function sinceOf({ row, start }: Window): { readonly since?: number } {
  return row === undefined ? {} : { since: start }
}

async function windowView(
  lrs: Lrs,
  caller: Caller,
  history: PolicyHistory,
  window: Window,
): Promise<WindowView> {
  const { policy, recorded } = versionOf(history, window.version)
  return {
    id: window.id,
    policy: window.policy,
    version: window.version,
    start: new Date(window.start).toISOString(),
    end: new Date(window.end).toISOString(),
    timeZone: policy.window.timeZone,
    status: window.row === undefined ? statusOf(window, recorded, lrs.clock.now()) : 'live',
    activeLearners: await countWindow(lrs, caller, window),
  }
}

function countWindow({ stores }: Lrs, { tenant }: Caller, window: Window): Promise<number> {
  return window.row === undefined
    ? stores.metering.countOf(tenant, window)
    : stores.metering.countSince(tenant, refOf(window), window.start)
}

function statusOf(window: Window, recorded: number, now: number): WindowView['status'] {
  if (now < window.start) return 'future'
  if (now < window.end) return 'open'
  return window.end <= recorded ? 'historical' : 'ended'
}

function versionOf(history: PolicyHistory, version: number): StoredPolicy {
  return history.stored.find((stored) => stored.version === version) as StoredPolicy
}

export interface LicenceView {
  readonly policy: string
  readonly version: number
  /** Null while no window is open, e.g. before the anchor. */
  readonly window: Omit<WindowView, 'activeLearners' | 'policy' | 'version'> | null
  /** Learners who ever qualified (ruling 9); keys, where the policy counts several keys of a learner (`unit`). */
  readonly totalLearners: number
  readonly activeLearners: number
  /** What is counted: `learner`, or what tells a learner's keys apart as well (ruling 7). */
  readonly unit: readonly string[]
  readonly judged: LicenceFigures['judged']
  readonly block: boolean
  readonly limit: number | null
  readonly remaining: number | null
  readonly over: number | null
  readonly percent: number | null
  readonly surchargePct: number
  readonly alerts: readonly { readonly at: string; readonly reached: boolean }[]
  readonly state: 'building' | 'ready'
  /** No statement stored up to then is missing from the count. */
  readonly computedThrough: string
  /** What holds `computedThrough` back; null when nothing does. */
  readonly behind: string | null
}

/** Ruling 9, in the unit of the count: so active ≤ total. */
async function totalOf(
  { stores: { metering } }: Lrs,
  { tenant }: Caller,
  stored: StoredPolicy,
): Promise<number> {
  const { policy, version } = stored
  return countsSeveralKeys(policy)
    ? await metering.countOf(tenant, { policy: policy.id, version, start: EVER })
    : await metering.totalLearners(tenant, policy.id)
}

/** Windows a term may have: months of days. */
const OF_TERM = 400

/** Counts of the windows that judging this one needs (`limit.judge`, `limit.bank`). */
async function earlierCounts(
  lrs: Lrs,
  caller: Caller,
  { versions }: PolicyHistory,
  { policy, open }: { policy: Policy; open: Window },
): Promise<{ readonly before: readonly number[]; readonly ofTerm: readonly number[] }> {
  const needed = neededBy(policy)
  const count = needed.ofTerm ? OF_TERM : needed.before
  if (count === 0) return { before: [], ofTerm: [] }
  const to = open.row === undefined ? open.start : open.end
  const windows = windowsBefore(versions, { from: Number.MIN_SAFE_INTEGER, to }, count)
  const term = needed.ofTerm ? termAt(policy.window, open.start).start : Number.POSITIVE_INFINITY
  const [before, ofTerm] = [windows.slice(0, needed.before), windows.filter(({ start }) => start >= term)]
  const counts = (list: readonly Window[]) => Promise.all(list.map((one) => countWindow(lrs, caller, one)))
  return { before: await counts(before), ofTerm: await counts(ofTerm.reverse()) }
}

/** License Key & Details (A18, F13): read from totals, never from statements. */
export async function readLicence(
  lrs: Lrs,
  caller: Caller,
  policyId: string | undefined,
): Promise<LicenceView> {
  demand(caller, 'read reports')
  const history = await policyOf(lrs.stores, caller.tenant, policyId)
  const through = await lrs.stores.metering.computedThrough(caller.tenant)
  const open = currentWindow(history.versions, lrs.clock.now())
  const view = open ? await windowView(lrs, caller, history, open) : null
  const stored = open ? versionOf(history, open.version) : (history.stored.at(-1) as StoredPolicy)
  const total = await totalOf(lrs, caller, stored)
  const active = view?.activeLearners ?? 0
  return {
    policy: history.id,
    version: stored.version,
    window: view && {
      id: view.id,
      start: view.start,
      end: view.end,
      timeZone: view.timeZone,
      status: view.status,
    },
    totalLearners: total,
    activeLearners: active,
    unit: stored.policy.unique.by,
    ...licenceFigures({
      policy: stored.policy,
      active,
      total,
      ...(open && (await earlierCounts(lrs, caller, history, { policy: stored.policy, open }))),
    }),
    state: through.at < stored.recorded ? 'building' : 'ready',
    computedThrough: new Date(through.at).toISOString(),
    behind: through.behind,
  }
}
