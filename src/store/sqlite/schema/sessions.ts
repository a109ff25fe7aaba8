/** Sessions of cmi5, with the hashes of what their content may show. */
export const sessionsSchema = `
CREATE TABLE cmi5_session (
  tenant       TEXT NOT NULL,
  id           TEXT NOT NULL,
  key          TEXT NOT NULL UNIQUE,  -- over all tenants: it opens exactly one
  label        TEXT NOT NULL,
  sub_account  TEXT,
  learner      TEXT NOT NULL,
  registration TEXT NOT NULL,
  activity     TEXT NOT NULL,
  mode         TEXT NOT NULL,
  created      INTEGER NOT NULL,
  expires      INTEGER NOT NULL,
  fetch_hash   TEXT NOT NULL,
  fetch_by     INTEGER NOT NULL,
  secret_hash  TEXT,                  -- NULL until the credential was fetched
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX cmi5_session_expires ON cmi5_session (tenant, expires);
`
