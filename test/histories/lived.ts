/** A history lived through by the product on a store, beside the same one told on paper: what does not hold, by property. */
import { isDeepStrictEqual } from 'node:util'
import { totalOf } from '../../src/lrs/counting/judged-counts.ts'
import { policyOf } from '../../src/lrs/counting/policies.ts'
import { compareCounts } from '../../src/lrs/counting/rebuild-counts.ts'
import { windowView } from '../../src/lrs/counting/window-view.ts'
import type { Window } from '../../src/metering/count.ts'
import type { CountedLearner, Page, SnapshotRow } from '../../src/store/ports.ts'
import type { Act } from './acts.ts'
import { type Deed, ifiOf } from './deeds.ts'
import { type Changes, doOn } from './doing.ts'
import type { Installation } from './tenant.ts'
import { explainedKey, Told } from './told.ts'

/** What did not hold, in words; all empty is what is claimed. */
export interface Broken {
  readonly recount: string[]
  readonly total: string[]
  readonly snapshot: string[]
  readonly today: string[]
  readonly dryRun: string[]
  readonly splitting: string[]
}

/** Live counts by window id, zeros left out. */
type Counts = Readonly<Record<string, number>>

export class Lived {
  readonly #on: Installation
  readonly #told: Told
  readonly broken: Broken = { recount: [], total: [], snapshot: [], today: [], dryRun: [], splitting: [] }
  /** Each snapshot with its rows, as they were when it was first seen. */
  readonly #sealed = new Map<string, unknown>()

  private constructor(on: Installation, base: number) {
    this.#on = on
    this.#told = new Told(base)
  }

  static async begin(on: Installation): Promise<Lived> {
    return new Lived(on, await on.begin())
  }

  async through(acts: readonly Act[]): Promise<Broken> {
    for (const act of acts) {
      const deed = this.#told.perform(act)
      const before = await this.#counts()
      const known = await this.#knownOfPlain()
      const changes = await this.#do(deed)
      await this.#on.settled()
      if (changes) this.#sameChanges(act, changes, before, await this.#counts())
      this.#purgeStaysApart(deed, known, await this.#knownOfPlain())
      await this.#look(act)
    }
    await this.#inTheEnd()
    return this.broken
  }

  get #tenant(): string {
    return this.#on.tenant
  }

  #do(deed: Deed): Promise<Changes | null> {
    return doOn(this.#on, deed, (figure) => this.broken.dryRun.push(figure))
  }

  #sameChanges(act: Act, told: Changes, before: Counts, after: Counts): void {
    const windows = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
    const found = windows
      .map((window) => ({ window, change: (after[window] ?? 0) - (before[window] ?? 0) }))
      .filter(({ change }) => change !== 0)
    const said = [...told].sort((a, b) => (a.window < b.window ? -1 : 1))
    if (!isDeepStrictEqual(said, found))
      this.broken.dryRun.push(`${act.act}: said ${JSON.stringify(said)}, did ${JSON.stringify(found)}`)
  }

  async #counts(): Promise<Counts> {
    const { metering } = this.#on.lrs.stores
    const windows = this.#told.windows()
    const counts = await Promise.all(windows.map((window) => metering.countOf(this.#tenant, window)))
    return Object.fromEntries(
      windows.map(({ id }, at) => [id, counts[at] ?? 0] as const).filter(([, count]) => count > 0),
    )
  }

  /** After each act: snapshots are as they were, and explain what counts today. */
  async #look(act: Act): Promise<void> {
    const { snapshots } = this.#on.lrs.stores
    const counts = await this.#counts()
    const closings = await snapshots.closings(this.#tenant)
    const closed = closings.map(({ window }) => window).sort()
    if (!isDeepStrictEqual(closed, [...this.#told.books.closed].sort()))
      this.broken.snapshot.push(`after ${act.act} closed: ${closed}; on paper: ${this.#told.books.closed}`)
    for (const window of this.#told.windows().filter(({ id }) => closed.includes(id))) {
      const snapshot = await snapshots.byWindow(this.#tenant, window)
      const rows = await all((page) => snapshots.rows(this.#tenant, snapshot?.id ?? '', page))
      const now = { snapshot, rows: rows.map(withoutNames) }
      const then = this.#sealed.get(window.id) ?? now
      this.#sealed.set(window.id, then)
      if (!isDeepStrictEqual(now, then)) this.broken.snapshot.push(`${window.id} changed by ${act.act}`)
      if (rows.length !== this.#told.books.closedCount(window.id))
        this.broken.snapshot.push(
          `${window.id}: ${rows.length} rows, ${this.#told.books.closedCount(window.id)} on paper`,
        )
      await this.#knownToday(window, counts[window.id] ?? 0, act)
    }
  }

  /** «As known today» of each closed window of the usual policy. */
  async #knownOfPlain(): Promise<Counts> {
    const { lrs } = this.#on
    const history = await policyOf(lrs.stores, this.#tenant, 'plain', 'GET /windows')
    const closed = this.#told.windows().filter(({ policy, id }) => policy === 'plain' && this.#sealed.has(id))
    const views = await Promise.all(closed.map((window) => windowView(lrs, this.#tenant, history, window)))
    return Object.fromEntries(views.map(({ id, asKnownToday }) => [id, asKnownToday]))
  }

  /** Purges are a term of their own (ruling 16): deleting after the invoice does not unbill (Q15). */
  #purgeStaysApart(deed: Deed, before: Counts, after: Counts): void {
    const purge = deed.does === 'delete' && deed.mode === 'physical'
    if (purge && !isDeepStrictEqual(before, after))
      this.broken.today.push(`a purge changed ${JSON.stringify(before)} to ${JSON.stringify(after)}`)
  }

  /** Snapshot + automatic adjustments are what is known today; with what was purged, what the statements give (ruling 16). */
  async #knownToday(window: Window, live: number, act: Act): Promise<void> {
    const { lrs } = this.#on
    const history = await policyOf(lrs.stores, this.#tenant, window.policy, 'GET /windows')
    const view = await windowView(lrs, this.#tenant, history, window)
    const { asKnownToday, closedCount, adjustments } = view
    const fits =
      asKnownToday === (closedCount ?? 0) + adjustments.automatic &&
      asKnownToday + adjustments.purged === live
    if (!fits)
      this.broken.today.push(`${window.id} after ${act.act}: ${JSON.stringify(view)}, but ${live} count now`)
  }

  async #inTheEnd(): Promise<void> {
    await this.#recounted()
    await this.#totals()
    await this.#mergedAndSplit()
  }

  /** The stored rows are those on paper, and those that the product works out anew. */
  async #recounted(): Promise<void> {
    const { lrs, admin } = this.#on
    const { metering } = lrs.stores
    const stored = await storedRows(this.#on, this.#told.windows())
    for (const window of this.#told.windows()) {
      const rows = stored[window.id] ?? []
      const count = await metering.countOf(this.#tenant, window)
      if (count !== rows.length)
        this.broken.recount.push(`${window.id}: ${count} counted, ${rows.length} listed`)
    }
    const paper = this.#told.explained()
    if (!isDeepStrictEqual(stored, paper))
      this.broken.recount.push(`stored ${JSON.stringify(stored)}, on paper ${JSON.stringify(paper)}`)
    const print = (line: string) => this.broken.recount.push(line)
    for (const { policy } of this.#told.policies)
      await compareCounts(lrs, admin, policy.id, { print, settled: async () => null })
    const repaired = await metering.repair(this.#tenant)
    if (Object.values(repaired).some((n) => n > 0)) print(`to repair: ${JSON.stringify(repaired)}`)
  }

  async #totals(): Promise<void> {
    const { lrs } = this.#on
    const counts = await this.#counts()
    for (const stored of await lrs.stores.policies.list(this.#tenant)) {
      const total = await totalOf(lrs, this.#tenant, stored)
      for (const [id, active] of Object.entries(counts).filter(([id]) => id.startsWith(stored.policy.id)))
        if (active > total) this.broken.total.push(`${id}: ${active} active, ${total} in total`)
    }
  }

  /** The first two people, unless they are one already. */
  async #mergedAndSplit(): Promise<void> {
    const people = this.#told.people()
    const together = people.find(({ ifis }) => ifis.includes(ifiOf(0)) && ifis.includes(ifiOf(1)))
    if (together) return
    const list = async () => {
      const rows = await Promise.all(
        this.#told
          .windows()
          .map((window) => all((page) => this.#on.lrs.stores.metering.counted(this.#tenant, window, page))),
      )
      return rows.map((found) => found.map(({ learner, key, evidence }) => ({ learner, key, evidence })))
    }
    const before = await list()
    await this.#do({ does: 'link', who: [0, 1] })
    await this.#on.settled()
    await this.#look({ act: 'merge', who: [0, 1] })
    await this.#do({ does: 'unlink', who: [0, 1] })
    await this.#on.settled()
    const after = await list()
    if (!isDeepStrictEqual(before, after))
      this.broken.splitting.push(`${JSON.stringify(before)}, then ${JSON.stringify(after)}`)
  }
}

/** Who counts in each window, as `Told.explained` says it. */
export async function storedRows(
  { lrs, tenant }: Installation,
  windows: readonly Window[],
): Promise<Readonly<Record<string, readonly string[]>>> {
  const stored: Record<string, readonly string[]> = {}
  for (const window of windows) {
    const rows = await all((page) => lrs.stores.metering.counted(tenant, window, page))
    if (rows.length > 0) stored[window.id] = rows.map(nameOf).sort()
  }
  return stored
}

async function all<T>(
  read: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
): Promise<readonly T[]> {
  const { items } = await read({ limit: 1000 })
  return items
}

function nameOf(row: CountedLearner): string {
  return `${row.identities.map(({ ifi }) => ifi).sort()[0]} ${explainedKey(row)}`
}

/** What may be erased lies beside what is sealed, and goes with it (ruling 17). */
function withoutNames({ token, commitment, key }: SnapshotRow): unknown {
  return { token, commitment, key }
}
