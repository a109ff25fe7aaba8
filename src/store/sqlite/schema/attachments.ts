/** Bytes of attachments lie in files of their own; here is whose they are. Every file has a row in one of the two tables. */
export const attachmentsSchema = `
CREATE TABLE attachment (
  id     INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  -- the SHA-2 as bytes: its length says which
  hash   BLOB NOT NULL,
  file   TEXT NOT NULL UNIQUE,
  bytes  INTEGER NOT NULL,
  UNIQUE (tenant, hash)
) STRICT;

-- Which statement refers to which bytes: the reference count is the number of rows.
CREATE TABLE attachment_reference (
  seq        INTEGER NOT NULL,
  attachment INTEGER NOT NULL REFERENCES attachment (id),
  PRIMARY KEY (seq, attachment)
) STRICT, WITHOUT ROWID;
CREATE INDEX attachment_reference_by_attachment ON attachment_reference (attachment);

-- Files of requests that are under way, or ended with their process.
CREATE TABLE staged_attachment (
  file      TEXT PRIMARY KEY,
  at        INTEGER NOT NULL,
  -- 1: is being deleted and can no longer be taken
  condemned INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX staged_attachment_by_age ON staged_attachment (at);
`
