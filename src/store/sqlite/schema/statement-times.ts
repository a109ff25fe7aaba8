/** Statements in order of their own time, for our own search (GET /api/v1/statements). */
export const statementTimesSchema = `
CREATE INDEX statement_by_time ON statement (tenant, coalesce(timestamp, stored), seq);
`
