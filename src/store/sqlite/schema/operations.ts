/** What operators bring: imports with where their statements come from (ruling 37), and a table that only proves there is room. */
export const operationsSchema = `
CREATE TABLE probe (
  id   INTEGER PRIMARY KEY,
  room BLOB NOT NULL
) STRICT;

CREATE TABLE import (
  tenant TEXT NOT NULL,
  name   TEXT NOT NULL,
  data   TEXT NOT NULL,           -- the ImportRecord
  PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

-- Of imported statements: what their source said of them.
CREATE TABLE provenance (
  seq       INTEGER PRIMARY KEY,
  -- the instant their source received them
  received  INTEGER,
  -- as in the source, JSON text
  authority TEXT
) STRICT;
`
