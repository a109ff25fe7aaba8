/** Metrics that are looked up when Prometheus asks: the state of the store, of counting, closing and alerting. */
import { Gauge, type Registry } from 'prom-client'
import type { Lrs } from '../lrs/context.ts'
import type { AlertState, TenantId } from '../store/ports.ts'

export interface GaugeDeps {
  readonly lrs: Pick<Lrs, 'stores' | 'clock'>
  readonly isReady: () => Promise<boolean>
}

/** More alerts of a tenant than these are told as so many. */
const MOST_ALERTS = 1_000

type Read = () => Promise<number | null>

/** One that cannot be read just now is left out, the others are still told. */
export function measuredAtScrape(deps: GaugeDeps, registers: Registry[]): void {
  for (const [name, help, read] of [...gaugesOfStore(deps), ...gaugesOfCounting(deps)])
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
}

function gaugesOfStore({ lrs: { stores }, isReady }: GaugeDeps): readonly [string, string, Read][] {
  const { upkeep } = stores
  return [
    [
      'rollcall_ready',
      '1 when statements can be taken, as /ready says.',
      async () => ((await isReady()) ? 1 : 0),
    ],
    [
      'rollcall_store_bytes',
      'What the store takes on its disk, in bytes.',
      async () => (await upkeep.size()).bytes,
    ],
    [
      'rollcall_store_free_bytes',
      'What is left on the disk of the store, in bytes; absent where its engine does not say.',
      async () => (await upkeep.size()).freeBytes,
    ],
  ]
}

function gaugesOfCounting({ lrs: { stores, clock } }: GaugeDeps): readonly [string, string, Read][] {
  const ofEach = async <T>(read: (tenant: TenantId) => Promise<T>): Promise<readonly T[]> =>
    await Promise.all((await stores.tenants.list()).map(({ id }) => read(id)))
  const alerts =
    (state: AlertState): Read =>
    async () => {
      const pages = await ofEach((tenant) => stores.alerts.list(tenant, { state, limit: MOST_ALERTS }))
      return pages.reduce((sum, { items }) => sum + items.length, 0)
    }
  return [
    [
      'rollcall_count_lag_seconds',
      'Age of the oldest statement that some count has not seen yet, in seconds.',
      async () => {
        const through = await ofEach((tenant) => stores.metering.computedThrough(tenant))
        return Math.max(
          0,
          ...through.map(({ at, behind }) => (behind === null ? 0 : (clock.now() - at) / 1000)),
        )
      },
    ],
    [
      'rollcall_closing_wait_seconds',
      'How long the window that waits longest to be closed has been waiting, in seconds; 0 when none does.',
      async () => {
        const [oldest] = await stores.snapshots.requests(1)
        return oldest ? Math.max(0, (clock.now() - oldest.requested) / 1000) : 0
      },
    ],
    [
      'rollcall_snapshot_mismatches',
      'Differences that the last look at each closed window found; anything above 0 is an alarm.',
      async () => {
        const closings = (await ofEach((tenant) => stores.snapshots.closings(tenant))).flat()
        return closings.reduce((sum, { verification }) => sum + (verification?.mismatches.length ?? 0), 0)
      },
    ],
    [
      'rollcall_alerts_pending',
      'Alerts about limits that wait to be sent, or to be sent again.',
      alerts('pending'),
    ],
    ['rollcall_alerts_failed', 'Alerts about limits that were given up after all tries.', alerts('failed')],
  ]
}
