/**
 * What a recount asks of a statement stands with its fact: a learner's history is then read from facts alone, which lie
 * close together, and not from as many rows of statements.
 */
export const factTimesSchema = `
-- when the statement was received: its stored, or what its source said
ALTER TABLE fact ADD COLUMN received INTEGER NOT NULL DEFAULT 0;
-- as in the statement
ALTER TABLE fact ADD COLUMN voided INTEGER NOT NULL DEFAULT 0;
UPDATE fact SET (received, voided) = (
  SELECT coalesce(p.received, s.stored), s.voided FROM statement s LEFT JOIN provenance p ON p.seq = s.seq WHERE s.seq = fact.seq
);
`
