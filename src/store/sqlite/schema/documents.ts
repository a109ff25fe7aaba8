/** Documents of State and profiles. What a resource does not have is empty. */
export const documentsSchema = `
CREATE TABLE document (
  tenant       TEXT NOT NULL,
  resource     TEXT NOT NULL,
  activity     TEXT NOT NULL,
  agent        TEXT NOT NULL,
  registration TEXT NOT NULL,
  id           TEXT NOT NULL,
  updated      INTEGER NOT NULL,
  revision     TEXT NOT NULL,
  etag         TEXT NOT NULL,
  content_type TEXT NOT NULL,
  body         BLOB NOT NULL,
  UNIQUE (tenant, resource, activity, agent, registration, id)
) STRICT;
`
