/** A job of Agenda as a row: dates as ms of our clock, what is not a scalar as JSON. */

/** Row member → column. */
const COLUMN = {
  id: 'id',
  name: 'name',
  priority: 'priority',
  type: 'type',
  nextRunAt: 'next_run_at',
  repeatInterval: 'repeat_interval',
  repeatTimezone: 'repeat_timezone',
  repeatAt: 'repeat_at',
  startDate: 'start_date',
  endDate: 'end_date',
  skipDays: 'skip_days',
  data: 'data',
  fork: 'fork',
  disabled: 'disabled',
  lastModifiedBy: 'last_modified_by',
  debounceStartedAt: 'debounce_started_at',
  lockedAt: 'locked_at',
  lockToken: 'lock_token',
  rescheduled: 'rescheduled',
  lastRunAt: 'last_run_at',
  lastFinishedAt: 'last_finished_at',
  failedAt: 'failed_at',
  failCount: 'fail_count',
  failReason: 'fail_reason',
  progress: 'progress',
} as const

/** What a save gives in full each time. */
export interface JobDefinitionRow {
  readonly name: string
  readonly priority: number
  readonly type: 'normal' | 'single'
  readonly nextRunAt: number | null
  /** JSON: a number of ms, a human interval or a cron expression. */
  readonly repeatInterval: string | null
  readonly repeatTimezone: string | null
  readonly repeatAt: string | null
  readonly startDate: number | null
  readonly endDate: number | null
  /** JSON array of weekdays. */
  readonly skipDays: string | null
  /** JSON; null = none. */
  readonly data: string | null
  readonly fork: number
  readonly lastModifiedBy: string | null
}

/** What running a job changes. */
export interface JobStateRow {
  readonly lockedAt: number | null
  readonly nextRunAt: number | null
  readonly lastRunAt: number | null
  readonly lastFinishedAt: number | null
  readonly failedAt: number | null
  readonly failCount: number | null
  readonly failReason: string | null
  readonly progress: number | null
}

export interface JobRow extends JobDefinitionRow, JobStateRow {
  readonly id: string
  readonly disabled: number
  readonly debounceStartedAt: number | null
  readonly lockToken: string | null
  /** 1: saved with a next run while it was locked. */
  readonly rescheduled: number
}

type Member = keyof typeof COLUMN

/** The columns under their member names. */
export const JOB_COLUMNS = Object.entries(COLUMN)
  .map(([member, column]) => `${column} AS ${member}`)
  .join(', ')

/** `column = @member, …` for those members. */
export function assignments(members: readonly string[]): string {
  return members.map((member) => `${COLUMN[member as Member]} = @${member}`).join(', ')
}

/** An INSERT of those members. */
export function insertion(members: readonly string[]): string {
  const columns = members.map((member) => COLUMN[member as Member]).join(', ')
  return `INSERT INTO agenda_job (${columns}) VALUES (${members.map((member) => `@${member}`).join(', ')})`
}
