/** AlertStore on SQLite. */

import type { Remote } from '../../calls.ts'
import { keyIn, pageOf } from '../../page.ts'
import type {
  Alert,
  AlertSelection,
  AlertStore,
  Mute,
  Outlook,
  Page,
  TenantId,
  WindowRef,
} from '../../ports.ts'
import type { Database } from '../database.ts'

interface AlertRow {
  readonly state: Alert['state']
  readonly due: number | null
  readonly data: string
}

const alertOf = ({ state, due, data }: AlertRow): Alert => ({ ...(JSON.parse(data) as Alert), state, due })

export function alertWrites(db: Database) {
  const insert = db.prepare<[object]>(
    `INSERT INTO alert (tenant, id, policy, version, window_start, window, state, due, raised, data)
     VALUES (@tenant, @id, @policy, @version, @start, @window, @state, @due, @raised, @data) ON CONFLICT DO NOTHING`,
  )
  const postpone = db.prepare<[number, string, string, number]>(
    'UPDATE alert SET due = ? WHERE tenant = ? AND id = ? AND due = ?',
  )
  const settle = db.prepare<[object]>(
    `UPDATE alert SET state = @state, due = @due, data = json_set(data, '$.tries', json(@tries))
     WHERE tenant = @tenant AND id = @id AND due = @claimed`,
  )
  const mute = db.prepare<[string, string, number]>(
    `INSERT INTO mute (tenant, name, until) VALUES (?, ?, ?)
     ON CONFLICT (tenant, name) DO UPDATE SET until = excluded.until`,
  )
  const unmute = db.prepare<[string, string, number]>(
    'DELETE FROM mute WHERE tenant = ? AND name = ? AND until = ?',
  )
  const putOutlook = db.prepare<[string, string, number, number, string]>(
    `INSERT INTO outlook (tenant, policy, version, window_start, data) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET data = excluded.data`,
  )
  return {
    raiseAlert: (alert: Alert): 'raised' | 'there' =>
      insert.run({ ...alert, data: JSON.stringify(alert) }).changes === 1 ? 'raised' : 'there',
    postponeAlert: (tenant: TenantId, id: string, from: number, to: number): boolean =>
      postpone.run(to, tenant, id, from).changes === 1,
    settleAlert: (
      tenant: TenantId,
      id: string,
      claimed: number,
      { state, due, tries }: Pick<Alert, 'state' | 'due' | 'tries'>,
    ): boolean => settle.run({ tenant, id, claimed, state, due, tries: JSON.stringify(tries) }).changes === 1,
    muteAlerts: (tenant: TenantId, { name, until }: Mute): void => {
      mute.run(tenant, name, until)
    },
    unmuteAlerts: (tenant: TenantId, { name, until }: Mute): void => {
      unmute.run(tenant, name, until)
    },
    putOutlook: (tenant: TenantId, outlook: Outlook): void => {
      const { policy, version, start } = outlook
      putOutlook.run(tenant, policy, version, start, JSON.stringify(outlook))
    },
  }
}

export function alertReads(db: Database) {
  const ofWindow = db.prepare<[object], AlertRow>(
    `SELECT state, due, data FROM alert
     WHERE tenant = @tenant AND policy = @policy AND version = @version AND window_start = @start ORDER BY id`,
  )
  const due = db.prepare<[number, number], AlertRow>(
    'SELECT state, due, data FROM alert WHERE due IS NOT NULL AND due <= ? ORDER BY due LIMIT ?',
  )
  const page = db.prepare<[object], AlertRow & { raised: number; id: string }>(
    `SELECT raised, id, state, due, data FROM alert
     WHERE tenant = @tenant AND (raised, id) < (@raised, @id)
       AND (@policy IS NULL OR policy = @policy) AND (@window IS NULL OR window = @window)
       AND (@state IS NULL OR state = @state)
     ORDER BY raised DESC, id DESC LIMIT @limit`,
  )
  const mutes = db.prepare<[string], Mute>('SELECT name, until FROM mute WHERE tenant = ? ORDER BY name')
  const outlook = db
    .prepare<[string, string, number, number], string>(
      'SELECT data FROM outlook WHERE tenant = ? AND policy = ? AND version = ? AND window_start = ?',
    )
    .pluck()
  return {
    alertsOfWindow: (tenant: TenantId, { policy, version, start }: WindowRef): readonly Alert[] =>
      ofWindow.all({ tenant, policy, version, start }).map(alertOf),
    alertsDue: (now: number, limit: number): readonly Alert[] => due.all(now, limit).map(alertOf),
    alerts: (
      tenant: TenantId,
      { limit, cursor, policy = null, window = null, state = null }: Nullable<AlertSelection>,
    ): Page<Alert> => {
      const [raised, id] = keyIn(cursor, 'ns') ?? [Number.MAX_SAFE_INTEGER, '']
      return pageOf(
        page.all({ tenant, raised, id, policy, window, state, limit: limit + 1 }),
        limit,
        (row) => [row.raised, row.id],
        alertOf,
      )
    },
    alertMutes: (tenant: TenantId): readonly Mute[] => mutes.all(tenant),
    outlook: (tenant: TenantId, { policy, version, start }: WindowRef): Outlook | null => {
      const data = outlook.get(tenant, policy, version, start)
      return data === undefined ? null : (JSON.parse(data) as Outlook)
    },
  }
}

type Nullable<T extends AlertSelection> = Pick<T, 'limit' | 'cursor'> & {
  readonly [K in 'policy' | 'window' | 'state']?: T[K] | null
}

export function createAlertStore(
  writes: Remote<ReturnType<typeof alertWrites>>,
  reads: Remote<ReturnType<typeof alertReads>>,
): AlertStore {
  return {
    raise: writes.raiseAlert,
    ofWindow: reads.alertsOfWindow,
    due: reads.alertsDue,
    postpone: writes.postponeAlert,
    settle: writes.settleAlert,
    list: reads.alerts,
    mute: writes.muteAlerts,
    mutes: reads.alertMutes,
    unmute: writes.unmuteAlerts,
    putOutlook: writes.putOutlook,
    outlook: reads.outlook,
  }
}
