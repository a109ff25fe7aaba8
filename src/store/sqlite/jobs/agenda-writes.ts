/**
 * Agenda's jobs, the writing half. All of it runs in the one writer, so «find and lock» is one step, and every locking has
 * its own token: a run whose lock has passed to another can save nothing any more (ruling 33).
 */
import { randomUUID } from 'node:crypto'
import type { Database, WriteContext } from '../database.ts'
import { type JobFilter, jobFinder, namesSomething } from './agenda-filter.ts'
import { JOB_COLUMNS, type JobRow, type JobStateRow } from './agenda-rows.ts'
import { jobSaver } from './agenda-save.ts'

export function agendaWrites(db: Database, context: Pick<WriteContext, 'now'>) {
  return {
    saveJob: jobSaver(db, context),
    ...jobLocks(db, context),
    ...jobSets(db),
  }
}

/** Which job runs next: the earliest, then the more important one. One that is locked is due again when its lock is too old. */
const DUE = `name = @name AND disabled = 0
  AND ((locked_at IS NULL AND next_run_at <= @scanAt) OR locked_at <= @deadline)`

/** A run that began and neither ended nor kept its lock was cut off: it is due now, whatever its next turn would be. */
const CUT_OFF =
  'locked_at IS NOT NULL AND last_run_at IS NOT NULL AND last_run_at > coalesce(last_finished_at, -1)'

export interface DueQuery {
  readonly name: string
  readonly scanAt: number
  readonly deadline: number
}

export function agendaReads(db: Database) {
  const due = db.prepare<[DueQuery], 1>(`SELECT 1 FROM agenda_job WHERE ${DUE} LIMIT 1`).pluck()
  const waiting = db
    .prepare<[number], number>('SELECT count(*) FROM agenda_job WHERE next_run_at < ?')
    .pluck()
  const names = db.prepare<[], string>('SELECT DISTINCT name FROM agenda_job ORDER BY name').pluck()
  return {
    jobIsDue: (query: DueQuery): boolean => due.get(query) !== undefined,
    jobsWaiting: (now: number): number => waiting.get(now) ?? 0,
    jobNames: (): readonly string[] => names.all(),
    jobs: jobFinder(db),
  }
}

function jobLocks(db: Database, context: Pick<WriteContext, 'now'>) {
  const lockNext = db.prepare<[object], JobRow>(
    `UPDATE agenda_job SET
       next_run_at = CASE WHEN ${CUT_OFF} THEN min(coalesce(next_run_at, @now), @now) ELSE next_run_at END,
       locked_at = @now, lock_token = @token, rescheduled = 0, last_modified_by = @by
     WHERE id = (SELECT id FROM agenda_job WHERE ${DUE} ORDER BY next_run_at, priority DESC, id LIMIT 1)
     RETURNING ${JOB_COLUMNS}`,
  )
  const lock = db.prepare<[object], JobRow>(
    `UPDATE agenda_job SET locked_at = @now, lock_token = @token, rescheduled = 0, last_modified_by = @by
     WHERE id = @id AND name = @name AND disabled = 0 AND locked_at IS NULL AND next_run_at IS @nextRunAt
     RETURNING ${JOB_COLUMNS}`,
  )
  // Without a next run it would be lost: such a lock is left to run out.
  const unlock = db.prepare<[string, string]>(
    `UPDATE agenda_job SET locked_at = NULL, lock_token = NULL
     WHERE id = ? AND lock_token = ? AND next_run_at IS NOT NULL`,
  )
  const saveState = db.prepare<[object]>(
    `UPDATE agenda_job SET
       locked_at = @lockedAt, lock_token = CASE WHEN @lockedAt IS NULL THEN NULL ELSE lock_token END,
       next_run_at = CASE WHEN rescheduled = 1 AND next_run_at < coalesce(@nextRunAt, next_run_at + 1)
         THEN next_run_at ELSE @nextRunAt END,
       rescheduled = CASE WHEN @lockedAt IS NULL THEN 0 ELSE rescheduled END,
       last_run_at = @lastRunAt, last_finished_at = @lastFinishedAt, failed_at = @failedAt, fail_count = @failCount,
       fail_reason = @failReason, progress = @progress, last_modified_by = @by
     WHERE id = @id AND name = @name AND lock_token IS @token`,
  )
  return {
    lockNextJob: (query: DueQuery, now: number | null, by: string | null): JobRow | null =>
      lockNext.get({ ...query, now: now ?? context.now(), token: randomUUID(), by }) ?? null,
    lockJob: (job: Pick<JobRow, 'id' | 'name' | 'nextRunAt'>, by: string | null): JobRow | null =>
      lock.get({ ...job, now: context.now(), token: randomUUID(), by }) ?? null,
    unlockJobs: (locks: readonly { readonly id: string; readonly token: string }[]): void => {
      for (const { id, token } of locks) unlock.run(id, token)
    },
    /** False when the lock is not this one's (any more), or the job is gone: nothing is saved. */
    saveJobState: (
      job: JobStateRow & Pick<JobRow, 'id' | 'name'>,
      token: string | null,
      by: string | null,
    ): boolean => saveState.run({ ...job, token, by }).changes === 1,
  }
}

function jobSets(db: Database) {
  const find = jobFinder(db)
  const remove = db.prepare('DELETE FROM agenda_job WHERE id = ?')
  const disable = db.prepare('UPDATE agenda_job SET disabled = ? WHERE id = ?')
  const purge = db.prepare('DELETE FROM agenda_job')
  const meant = (filter: JobFilter) => (namesSomething(filter) ? find(filter) : [])
  return {
    removeJobs: (filter: JobFilter): number => {
      const rows = meant(filter)
      for (const { id } of rows) remove.run(id)
      return rows.length
    },
    setJobsDisabled: (filter: JobFilter, disabled: boolean): number => {
      const rows = meant(filter)
      for (const { id } of rows) disable.run(Number(disabled), id)
      return rows.length
    },
    purgeJobs: (): number => purge.run().changes,
  }
}
