/** How a policy's levels on the forecast stand, for the licence view: read, never worked out (F13). */
import { forecastLevels, forecastThresholds } from '../../metering/alert-levels.ts'
import type { Window } from '../../metering/count.ts'
import type { Policy } from '../../metering/policy.ts'
import type { Outlook, TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'

export interface OutlookView extends Pick<Outlook, 'median' | 'band'> {
  /** `not-made`: no forecast yet, e.g. while the past is being counted or brought in. Levels alert in state `ready` only. */
  readonly state: Outlook['state'] | 'not-made'
  readonly made: string | null
  readonly calibration: Outlook['calibration'] | null
  readonly levels: readonly {
    /** With its probability: `100%@0.5`. */
    readonly at: string
    readonly threshold: number | null
    readonly chance: number | null
    readonly reached: boolean
    readonly to: readonly string[]
    readonly raised: string | null
  }[]
}

/** Null where a policy has no such levels. */
export async function outlookView(
  { stores }: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  policy: Policy,
  window: Window | null,
): Promise<OutlookView | null> {
  if (!window || forecastThresholds(policy).length === 0) return null
  const outlook = await stores.alerts.outlook(tenant, window)
  const chances = new Map(outlook?.chances)
  const alerts = (await stores.alerts.ofWindow(tenant, window)).filter(({ on }) => on === 'forecast')
  const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString())
  const { state = 'not-made', median = null, band = null, calibration = null } = outlook ?? {}
  return {
    ...{ state, made: iso(outlook?.made), median, band, calibration },
    levels: forecastLevels(policy, (threshold) => chances.get(threshold) ?? 0).map((level) => ({
      ...level,
      chance: chances.get(level.threshold ?? Number.NaN) ?? null,
      raised: iso(alerts.find((alert) => alert.level === level.at)?.raised),
    })),
  }
}
