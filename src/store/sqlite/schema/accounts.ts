/** Who may do what: tenants, people, credentials, the installation's own keys, and what was refused. */
export const accountsSchema = `
CREATE TABLE tenant (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,          -- JSON array
  password_hash TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (tenant, id),
  UNIQUE (tenant, email)
) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,     -- over all tenants: it opens exactly one
  label TEXT NOT NULL,
  secret_hashes TEXT NOT NULL,  -- JSON array: one, or two during a rotation
  purpose TEXT NOT NULL,
  scopes TEXT NOT NULL,         -- JSON array
  sub_account TEXT,
  created INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE installation_key (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE refusal (
  tenant TEXT NOT NULL,
  number INTEGER NOT NULL,      -- grows by one in its tenant, so that trimming needs no counting
  at INTEGER NOT NULL,
  credential TEXT,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  status INTEGER NOT NULL,
  detail TEXT NOT NULL,
  requirement TEXT,
  PRIMARY KEY (tenant, number)
) STRICT, WITHOUT ROWID;
`
