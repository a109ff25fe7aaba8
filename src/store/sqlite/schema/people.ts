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
