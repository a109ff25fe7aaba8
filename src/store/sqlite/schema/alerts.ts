/** Alerts (the outbox and its log), what mutes them, and webhooks. */
export const alertsSchema = `
CREATE TABLE alert (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  window TEXT NOT NULL,
  state TEXT NOT NULL,
  due INTEGER,
  raised INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the Alert; state and due are those of the columns
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_by_window ON alert (tenant, policy, version, window_start);
CREATE INDEX alert_by_time ON alert (tenant, raised, id);
CREATE INDEX alert_due ON alert (due) WHERE due IS NOT NULL;

CREATE TABLE mute (
  tenant TEXT NOT NULL,
  name TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  created INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the Webhook
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
`

/** The forecasts that alerts are judged by. */
export const outlooksSchema = `
CREATE TABLE outlook (
  tenant TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the Outlook
  PRIMARY KEY (tenant, policy, version, window_start)
) STRICT, WITHOUT ROWID;
`
