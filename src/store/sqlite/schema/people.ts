/** What the LMS says of people (attempts/profile.ts). */
export const profilesSchema = `
CREATE TABLE profile (
  identity INTEGER PRIMARY KEY REFERENCES identity (id),
  data     TEXT NOT NULL           -- the GivenProfile
) STRICT;

CREATE TABLE membership (
  tenant   TEXT NOT NULL,
  kind     TEXT NOT NULL,           -- team, role or test
  name     TEXT NOT NULL,
  identity INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, name, identity)
) STRICT, WITHOUT ROWID;
`

/** What was deleted, and what of it must be remembered. */
export const removalsSchema = `
-- One secret for each tenant that ever deleted a statement physically.
CREATE TABLE purge_key (
  tenant INTEGER PRIMARY KEY,
  key    BLOB NOT NULL
) STRICT;

-- Keyed hashes of the ids of deleted statements.
CREATE TABLE purged (
  tenant INTEGER NOT NULL,
  hash   BLOB NOT NULL,
  PRIMARY KEY (tenant, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstone (
  identity INTEGER NOT NULL REFERENCES identity (id),
  at       INTEGER NOT NULL,
  id       TEXT NOT NULL,
  data     TEXT NOT NULL,           -- the Tombstone
  PRIMARY KEY (identity, at, id)
) STRICT, WITHOUT ROWID;

-- Partitions of the index that still hold tokens of deleted statements.
CREATE TABLE uncleaned (
  partition INTEGER PRIMARY KEY,
  begun     INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE deletion (
  tenant TEXT NOT NULL,
  at     INTEGER NOT NULL,
  id     TEXT NOT NULL,
  state  TEXT NOT NULL,
  data   TEXT NOT NULL,             -- the DeletionRecord
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deletion_by_time ON deletion (tenant, at, id);
CREATE INDEX deletion_open ON deletion (at) WHERE state NOT IN ('done', 'refused');
CREATE INDEX deletion_deleting ON deletion (tenant, at, id) WHERE state = 'deleting';
`

/** The learner an identity was met as: what a split goes back to. Null when it was never one of its own. */
export const bornSchema = `
ALTER TABLE identity ADD COLUMN born INTEGER REFERENCES learner (number);
UPDATE identity SET born = learner;
`
