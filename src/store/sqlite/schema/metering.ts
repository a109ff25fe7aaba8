/** What decides counts beside the statements (catalogue, launches, policies), and the counts themselves. */
export const meteringSchema = `
CREATE TABLE element_entry (
  tenant TEXT NOT NULL,
  element TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  number INTEGER NOT NULL,      -- 0, or one more for each correction at the same instant
  superseded INTEGER NOT NULL DEFAULT 0,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  tracking TEXT NOT NULL,
  author TEXT NOT NULL,
  recorded INTEGER NOT NULL,
  PRIMARY KEY (tenant, element, valid_from, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE catalogue (
  tenant TEXT PRIMARY KEY,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE launch (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  identity TEXT NOT NULL,       -- canonical identifier of the learner
  at INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the LaunchRecord
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX launch_by_identity ON launch (tenant, identity, at, id);

CREATE TABLE policy (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  version INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the Policy
  count_hash TEXT NOT NULL,
  commercial_hash TEXT NOT NULL,
  effective_from INTEGER,
  recorded INTEGER NOT NULL,
  PRIMARY KEY (tenant, id, version)
) STRICT, WITHOUT ROWID;

-- Objects of statements by tenant: a catalogue entry also decides what lies below its path (in-the-wild §3.1, 2).
CREATE TABLE object_seen (
  tenant TEXT NOT NULL,
  object TEXT NOT NULL,
  PRIMARY KEY (tenant, object)
) STRICT, WITHOUT ROWID;

-- Never reuses an id: a slice of a closed change must find nothing.
CREATE TABLE pending_change (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  recorded INTEGER NOT NULL,
  phase INTEGER NOT NULL DEFAULT 0,
  position TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX pending_change_by_tenant ON pending_change (tenant, recorded);

CREATE TABLE attempt (
  tenant TEXT NOT NULL,
  learner TEXT NOT NULL,
  id TEXT NOT NULL,
  element TEXT NOT NULL,
  first INTEGER NOT NULL,
  tracked INTEGER NOT NULL,
  reason TEXT NOT NULL,
  by_default INTEGER NOT NULL,  -- nothing but the default decided that the element is tracked
  mixed INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  data TEXT NOT NULL,           -- the Attempt
  PRIMARY KEY (tenant, learner, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_by_time ON attempt (tenant, first, id);
CREATE INDEX attempt_by_element ON attempt (tenant, element, first, id);
CREATE INDEX attempt_untracked ON attempt (tenant, first, id) WHERE tracked = 0;
CREATE INDEX attempt_by_default ON attempt (tenant, element) WHERE by_default = 1 AND deleted = 0;
CREATE INDEX attempt_mixed ON attempt (tenant) WHERE mixed = 1 AND deleted = 0;

CREATE TABLE untracked (
  tenant TEXT NOT NULL,
  learner TEXT NOT NULL,
  reason TEXT NOT NULL,
  statements INTEGER NOT NULL,
  PRIMARY KEY (tenant, learner, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE counted (
  tenant TEXT NOT NULL,
  learner TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  key TEXT NOT NULL,
  statement_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  stored INTEGER NOT NULL,
  rule TEXT NOT NULL,
  PRIMARY KEY (tenant, learner, policy, version, window_start, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX counted_by_window ON counted (tenant, policy, version, window_start, at, learner, key);

CREATE TABLE window_total (
  tenant TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  keys INTEGER NOT NULL,
  PRIMARY KEY (tenant, policy, version, window_start)
) STRICT, WITHOUT ROWID;

CREATE TABLE qualified (
  tenant TEXT NOT NULL,
  learner TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  first INTEGER NOT NULL,       -- effective time of the first evidence qualifying under the policy, ever
  PRIMARY KEY (tenant, learner, policy, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX qualified_by_policy ON qualified (tenant, policy, learner);

CREATE TABLE policy_total (
  tenant TEXT NOT NULL,
  policy TEXT NOT NULL,
  learners INTEGER NOT NULL,
  PRIMARY KEY (tenant, policy)
) STRICT, WITHOUT ROWID;

-- A learner whose recount fails: stays dirty, is tried again behind the others, and holds computedThrough back.
CREATE TABLE recount_failure (
  tenant TEXT NOT NULL,
  learner TEXT NOT NULL,
  error TEXT NOT NULL,
  times INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant, learner)
) STRICT, WITHOUT ROWID;
`

/** What an administrator files an element under: a JSON list, sorted. */
export const elementTagsSchema = `
ALTER TABLE element_entry ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
`

/** Totals in parts, one for each bucket of learners (learner-bucket.ts). */
export const totalPartsSchema = `
CREATE TABLE window_part (
  tenant TEXT NOT NULL,
  policy TEXT NOT NULL,
  version INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  bucket TEXT NOT NULL,
  keys INTEGER NOT NULL,
  PRIMARY KEY (tenant, policy, version, window_start, bucket)
) STRICT, WITHOUT ROWID;
INSERT INTO window_part SELECT tenant, policy, version, window_start, substr(learner, 1, 3), count(*) FROM counted
  GROUP BY 1, 2, 3, 4, 5;

CREATE TABLE policy_part (
  tenant TEXT NOT NULL,
  policy TEXT NOT NULL,
  bucket TEXT NOT NULL,
  learners INTEGER NOT NULL,
  PRIMARY KEY (tenant, policy, bucket)
) STRICT, WITHOUT ROWID;
INSERT INTO policy_part SELECT tenant, policy, substr(learner, 1, 3), count(DISTINCT learner) FROM qualified
  GROUP BY 1, 2, 3;
`
