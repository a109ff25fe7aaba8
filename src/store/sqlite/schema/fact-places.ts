/**
 * A learner's facts lie together, so that a recount reads a page or two and not one for each fact; writing a fact touches a page
 * of its learner's, as it did that of an index by learner before. What many facts have in common is stored once.
 */
export const factPlacesSchema = `
CREATE TABLE fact_frame (
  -- never given out twice: readers remember what it stands for
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant TEXT NOT NULL,
  -- the first half of its SHA-256; null when it was found damaged and another has taken its place
  hash   BLOB,
  -- the members in common, as JSON: nothing of a learner, nor of one attempt
  data   TEXT NOT NULL,
  UNIQUE (tenant, hash)
) STRICT;

CREATE TABLE fact_of_learner (
  identity INTEGER NOT NULL,
  seq      INTEGER NOT NULL,
  -- fact_frame; null when data says everything
  frame    INTEGER,
  -- the rest of the Fact as JSON
  data     TEXT NOT NULL,
  -- when the statement was received: its stored, or what its source said
  received INTEGER NOT NULL,
  -- as in the statement
  voided   INTEGER NOT NULL,
  PRIMARY KEY (identity, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO fact_of_learner (identity, seq, data, received, voided)
  SELECT identity, seq, data, received, voided FROM fact ORDER BY identity, seq;
DROP TABLE fact;
ALTER TABLE fact_of_learner RENAME TO fact;
CREATE INDEX fact_by_statement ON fact (seq);

-- Objects that are people are no longer noted.
DELETE FROM object_seen WHERE object LIKE 'mbox:%' OR object LIKE 'sha1:%' OR object LIKE 'openid:%' OR object LIKE 'account:%|%';
`
