/** Agenda's jobs, and the leases that fence what they write (ruling 33). */
export const jobsSchema = `
CREATE TABLE agenda_job (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  priority INTEGER NOT NULL,
  type TEXT NOT NULL,
  next_run_at INTEGER,
  locked_at INTEGER,
  lock_token TEXT,              -- who holds the lock: a new one with each locking
  rescheduled INTEGER NOT NULL DEFAULT 0,  -- saved while locked: the run must not overwrite that next run
  last_run_at INTEGER,
  last_finished_at INTEGER,
  failed_at INTEGER,
  fail_count INTEGER,
  fail_reason TEXT,
  repeat_interval TEXT,         -- JSON: a number of ms is not the same as its digits
  repeat_timezone TEXT,
  repeat_at TEXT,
  start_date INTEGER,
  end_date INTEGER,
  skip_days TEXT,               -- JSON array
  debounce_started_at INTEGER,
  data TEXT,                    -- JSON
  disabled INTEGER NOT NULL DEFAULT 0,
  progress REAL,
  fork INTEGER NOT NULL DEFAULT 0,
  last_modified_by TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX agenda_job_by_name ON agenda_job (name, next_run_at, priority);
CREATE UNIQUE INDEX agenda_job_single ON agenda_job (name) WHERE type = 'single';
CREATE INDEX agenda_job_locked ON agenda_job (name, locked_at) WHERE locked_at IS NOT NULL;

CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  holder TEXT,                  -- null once released; the row stays so that fences never repeat
  fence INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
