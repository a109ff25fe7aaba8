/**
 * Statements, their index, what they say of learners, and who the learners are.
 * The tables that grow with every statement name their tenant by number (`tenant_number`); the others by its id.
 */
export const statementsSchema = `
CREATE TABLE tenant_number (
  number INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL UNIQUE
) STRICT;

-- One row for each commit: the one place where the order of time meets the order of seq.
CREATE TABLE moment (
  stored    INTEGER PRIMARY KEY,
  first_seq INTEGER NOT NULL,
  -- first_seq - 1 when the commit held no statement
  last_seq  INTEGER NOT NULL
) STRICT;

-- Which credential wrote a statement, under which authority.
CREATE TABLE origin (
  id         INTEGER PRIMARY KEY,
  tenant     INTEGER NOT NULL,
  credential TEXT NOT NULL,
  authority  TEXT NOT NULL,
  UNIQUE (tenant, credential, authority)
) STRICT;

CREATE TABLE statement (
  seq       INTEGER PRIMARY KEY,
  tenant    INTEGER NOT NULL,
  -- the UUID as 16 bytes
  id        BLOB NOT NULL,
  stored    INTEGER NOT NULL,
  -- its own instant; null when it sent none
  timestamp INTEGER,
  version   TEXT NOT NULL,
  origin    INTEGER NOT NULL,
  voided    INTEGER NOT NULL DEFAULT 0,
  -- 1 when it is itself a voiding statement: such a one can never be voided
  voiding   INTEGER NOT NULL DEFAULT 0,
  -- tokens of its index terms, those of the statements it refers to included
  terms     TEXT NOT NULL,
  raw       TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX statement_by_id ON statement (tenant, id);
CREATE INDEX statement_by_tenant ON statement (tenant, seq);

-- Which statement refers to which; the target may come later or never.
CREATE TABLE reference (
  tenant INTEGER NOT NULL,
  target BLOB NOT NULL,
  seq    INTEGER NOT NULL,
  -- 0 does not void, 1 voids statements of its own credential, 2 voids any
  voids  INTEGER NOT NULL,
  PRIMARY KEY (tenant, target, seq)
) STRICT, WITHOUT ROWID;

-- Statements whose terms changed and must still be handed on to those that refer to them.
CREATE TABLE propagation (
  seq    INTEGER PRIMARY KEY,
  stored INTEGER NOT NULL,
  -- referring statements up to this seq have been reached
  reached INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Index terms are known to the index by number only, and here by the first half of their SHA-256.
CREATE TABLE term (
  id     INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  hash   BLOB NOT NULL,
  UNIQUE (tenant, hash)
) STRICT;

-- A learner; merged ones point at the elder (ruling 19). The lower number is the elder.
CREATE TABLE learner (
  number   INTEGER PRIMARY KEY,
  id       TEXT NOT NULL UNIQUE,
  tenant   TEXT NOT NULL,
  -- grows with every change of the set of identities
  revision INTEGER NOT NULL,
  redirect INTEGER REFERENCES learner (number),
  created  INTEGER NOT NULL
) STRICT;
CREATE INDEX learner_by_redirect ON learner (redirect) WHERE redirect IS NOT NULL;
CREATE INDEX learner_by_tenant ON learner (tenant, number);

CREATE TABLE identity (
  id      INTEGER PRIMARY KEY,
  tenant  TEXT NOT NULL,
  ifi     TEXT NOT NULL,
  learner INTEGER NOT NULL REFERENCES learner (number),
  name    TEXT,
  -- 0 when it is known only from a link
  seen    INTEGER NOT NULL,
  UNIQUE (tenant, ifi)
) STRICT;
CREATE INDEX identity_by_learner ON identity (learner);

CREATE TABLE identity_link (
  number INTEGER PRIMARY KEY,
  tenant TEXT NOT NULL,
  id     TEXT NOT NULL,
  a      INTEGER NOT NULL REFERENCES identity (id),
  b      INTEGER NOT NULL REFERENCES identity (id),
  author TEXT NOT NULL,
  source TEXT NOT NULL,
  at     INTEGER NOT NULL,
  UNIQUE (tenant, id)
) STRICT;
CREATE INDEX identity_link_by_a ON identity_link (a);
CREATE INDEX identity_link_by_b ON identity_link (b);

-- Facts never change (ruling 3). Clustered by statement, so that writing appends.
CREATE TABLE fact (
  seq      INTEGER NOT NULL,
  identity INTEGER NOT NULL,
  -- the Fact as JSON
  data     TEXT NOT NULL,
  PRIMARY KEY (seq, identity)
) STRICT, WITHOUT ROWID;
CREATE INDEX fact_by_identity ON fact (identity, seq);

-- Dirty marks (ruling 30): this identity's counts must be looked at again.
CREATE TABLE mark (
  identity      INTEGER PRIMARY KEY,
  tenant        TEXT NOT NULL,
  -- the span of effective times that changed, ms
  from_at       INTEGER NOT NULL,
  to_at         INTEGER NOT NULL,
  -- the stored of the commit that marked last: never repeats, not even after the mark was cleared
  generation    INTEGER NOT NULL,
  -- the earliest stored that no count has seen
  oldest_stored INTEGER NOT NULL
) STRICT;
CREATE INDEX mark_by_age ON mark (oldest_stored, tenant);
`
