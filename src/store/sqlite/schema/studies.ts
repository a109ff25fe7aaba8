/** Forecasts and simulations that are worked on or kept for a while. */
export const studiesSchema = `
CREATE TABLE study (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  asked INTEGER NOT NULL,
  ended INTEGER,                -- null: neither done nor failed
  data TEXT NOT NULL,           -- the Study
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX study_open ON study (asked) WHERE ended IS NULL;
CREATE INDEX study_ended ON study (ended) WHERE ended IS NOT NULL;
`
