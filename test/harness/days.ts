/** Windows of one day each: some that have ended and can be closed, and the one that runs. */
import { randomUUID } from 'node:crypto'
import { commercialHash, countHash, policySchema } from '../../src/metering/policy.ts'
import { type Running, statement } from './running.ts'

export const DAY = 86_400_000

export interface WindowJson {
  readonly id: string
  readonly status: string
  readonly closedCount: number | null
  readonly asKnownToday: number
  readonly adjustedCount: number | null
  readonly adjustments: { readonly automatic: number; readonly purged: number; readonly manual: number }
}
export interface RowJson {
  readonly learner: string
  readonly token: string
  readonly commitment: string
}
export interface AdjustmentJson {
  readonly kind: string
  readonly reason: string
  readonly delta: number
  readonly learner: string
  readonly author: string | null
  readonly evidence: { readonly statementId: string } | null
}
export interface DeletionJson {
  readonly id: string
  readonly state: string
  readonly statements: number
  readonly learners: number
  readonly leaving: readonly { readonly window: string; readonly change: number }[]
  readonly closedWindows: readonly { readonly window: string; readonly change: number }[]
  readonly confirm?: string
}

/** People and an element of one test's own. */
export interface Group {
  readonly element: string
  actor(name: string): { readonly account: { readonly homePage: string; readonly name: string } }
  use(name: string, at: number, over?: object): Record<string, unknown>
  /** Learner id. */
  id(name: string): Promise<string>
}

export function groupOf(server: Running): Group {
  const homePage = `https://lms.example.org/${randomUUID().slice(0, 8)}`
  const element = `${homePage}/sco`
  const actor = (name: string) => ({ account: { homePage, name } })
  return {
    element,
    actor,
    use: (name, at, over = {}) =>
      statement({
        actor: actor(name),
        timestamp: new Date(at).toISOString(),
        object: { id: element, definition: { type: 'http://adlnet.gov/expapi/activities/lesson' } },
        ...over,
      }),
    id: async (name) => {
      type Learner = { learner: string; identities: unknown[] }
      const { items } = (await (await server.api('/learners?limit=1000')).json()) as { items: Learner[] }
      const found = items.find(({ identities }) =>
        identities.some((one) => JSON.stringify(one) === JSON.stringify(actor(name))),
      )
      return found?.learner ?? ''
    },
  }
}

export interface Days {
  /** The day that runs, and a time in it. */
  readonly today: { readonly id: string; readonly at: number }
  /** One that has ended, another one each time. */
  next(): { readonly id: string; readonly at: number }
  windowOf(id: string): Promise<WindowJson>
  /** As it is counted once all that was sent is. */
  settled(id: string): Promise<WindowJson>
  /** What of its counted rows is sealed. */
  rows(id: string): Promise<readonly RowJson[]>
  close(id: string): Promise<WindowJson>
  adjustments(id: string): Promise<readonly AdjustmentJson[]>
}

/**
 * Makes a policy of a day each, as if it had been made `age` days ago. Its grace is so long that only the test closes its
 * windows, unless `over` says otherwise.
 */
export async function daysUnder(server: Running, id: string, over: object = {}, age = 45): Promise<Days> {
  const policy = policySchema.parse({
    schema: 1,
    id,
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { days: 1 }, anchor: '2026-01-01', timeZone: 'UTC' },
    close: { graceHours: 24 * 90 },
    ...over,
  })
  const hashes = { countHash: countHash(policy), commercialHash: commercialHash(policy) }
  const now = server.clock.now()
  const { stores } = server.app.lrs
  const [tenant] = await stores.tenants.list()
  const recorded = now - age * DAY
  await stores.policies.add(tenant?.id ?? '', {
    policy,
    version: 1,
    effectiveFrom: null,
    recorded,
    ...hashes,
  })
  const json = async <T>(path: string, init?: Parameters<Running['api']>[1]): Promise<T> =>
    (await (await server.api(path, init)).json()) as T
  const dayOf = (at: number) => ({ id: `${id}.1.${new Date(at).toISOString().slice(0, 10)}`, at })
  let day = 0
  const days: Days = {
    today: dayOf(now),
    next: () => {
      day += 1
      return dayOf(recorded + day * DAY)
    },
    windowOf: (window) => json(`/windows/${window}`),
    settled: async (window) => {
      await server.counted(id)
      return days.windowOf(window)
    },
    rows: async (window) => {
      const { items } = await json<{ items: RowJson[] }>(`/windows/${window}/learners?limit=1000`)
      return items.map(({ learner, token, commitment }) => ({ learner, token, commitment }))
    },
    close: async (window) => {
      await server.counted(id)
      return json(`/windows/${window}/close`, { method: 'POST', body: { reason: 'invoice is due' } })
    },
    adjustments: async (window) =>
      (await json<{ items: AdjustmentJson[] }>(`/windows/${window}/adjustments?limit=1000`)).items,
  }
  return days
}

/** Deletes as it would be looked at first, and then done. */
export async function removed(
  server: Running,
  filter: object,
  mode: 'logical' | 'physical',
): Promise<{ readonly dry: DeletionJson; readonly done: DeletionJson }> {
  const ask = async (body: object): Promise<DeletionJson> => {
    const answer = await server.api('/attempts/delete', { method: 'POST', body })
    let deletion = (await answer.json()) as DeletionJson
    while (['planning', 'deleting'].includes(deletion.state))
      deletion = (await (await server.api(`/attempts/deletions/${deletion.id}`)).json()) as DeletionJson
    return deletion
  }
  const dry = await ask({ filter, mode, dryRun: true })
  const confirm = dry.confirm === undefined ? {} : { confirm: dry.confirm }
  return { dry, done: await ask({ filter, mode, ...confirm, reason: 'asked for' }) }
}
