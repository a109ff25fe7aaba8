/** What statements say of Activities and Agents: a row for each distinct definition or name. */
export const descriptionsSchema = `
CREATE TABLE description (
  tenant  INTEGER NOT NULL,       -- tenant_number
  kind    TEXT NOT NULL,
  -- the canonical IRI of an Activity, the canonical identifier of an Agent
  subject TEXT NOT NULL,
  hash    TEXT NOT NULL,
  text    TEXT NOT NULL,
  -- seq of the first statement that said so, and of the last that said so after another had said something else
  first   INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind, subject, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX description_by_age ON description (tenant, kind, subject, last);
`
