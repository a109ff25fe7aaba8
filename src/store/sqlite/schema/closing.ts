/** Closed windows: requests and snapshots in one row for each window, sealed rows, adjustments, disputes, and who did what. */
export const closingSchema = `
CREATE TABLE closing (
  tenant TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  window_end INTEGER NOT NULL,
  "window" TEXT NOT NULL,       -- its id
  requested INTEGER NOT NULL,
  author TEXT,
  reason TEXT,
  draft TEXT,                   -- whose rows are sealed, or may be
  closed INTEGER,               -- null until then
  cutoff_at INTEGER,
  cutoff_seq INTEGER,
  count INTEGER,
  secret TEXT,
  seal TEXT,                    -- the Seal
  verification TEXT,            -- the last Verification, beside what is sealed
  PRIMARY KEY (tenant, policy, version, window_start)
) STRICT, WITHOUT ROWID;
CREATE INDEX closing_open ON closing (requested, window_end) WHERE closed IS NULL;
CREATE INDEX closing_by_draft ON closing (tenant, draft);

CREATE TABLE snapshot_row (
  tenant TEXT NOT NULL,
  draft TEXT NOT NULL,
  token TEXT NOT NULL,
  commitment TEXT NOT NULL,
  key TEXT NOT NULL,
  learner TEXT,
  evidence TEXT,                -- the Evidence
  salt TEXT,
  others TEXT NOT NULL,         -- tokens, JSON
  PRIMARY KEY (tenant, draft, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshot_row_by_learner ON snapshot_row (tenant, learner, draft);

-- Every token somebody is known by, when there are several.
CREATE TABLE snapshot_token (
  tenant TEXT NOT NULL,
  draft TEXT NOT NULL,
  token TEXT NOT NULL,
  PRIMARY KEY (tenant, draft, token)
) STRICT, WITHOUT ROWID;

-- Drafts that were begun: who begins another removes their rows.
CREATE TABLE snapshot_draft (
  tenant TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  draft TEXT NOT NULL,
  PRIMARY KEY (tenant, policy, version, window_start, draft)
) STRICT, WITHOUT ROWID;

CREATE TABLE adjustment (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  kind TEXT NOT NULL,
  delta INTEGER NOT NULL,
  learner TEXT,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the Adjustment
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX adjustment_by_window ON adjustment (tenant, policy, version, window_start, at, id);
CREATE INDEX adjustment_by_learner ON adjustment (tenant, learner);

CREATE TABLE dispute (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  learner TEXT NOT NULL,
  at INTEGER NOT NULL,
  open INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the Dispute
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX dispute_by_window ON dispute (tenant, policy, version, window_start, at, id);
CREATE UNIQUE INDEX dispute_open ON dispute (tenant, policy, version, window_start, learner) WHERE open = 1;

CREATE TABLE act (
  number INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the Act
  UNIQUE (tenant, id)
) STRICT;
CREATE INDEX act_by_time ON act (tenant, at, id);
`

/**
 * Sealed rows are written in the order of their tokens, which are random; by learner they are found in a table of its own, so that
 * both are written page after page. An index would be one page more for each row.
 */
export const sealedLearnersSchema = `
CREATE TABLE snapshot_learner (
  tenant TEXT NOT NULL,
  learner TEXT NOT NULL,
  draft TEXT NOT NULL,
  token TEXT NOT NULL,
  PRIMARY KEY (tenant, learner, draft, token)
) STRICT, WITHOUT ROWID;
INSERT INTO snapshot_learner (tenant, learner, draft, token)
  SELECT tenant, learner, draft, token FROM snapshot_row WHERE learner IS NOT NULL ORDER BY tenant, learner, draft, token;
DROP INDEX snapshot_row_by_learner;
`
