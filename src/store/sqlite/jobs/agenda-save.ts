/** Saving a job: by id, as the only one of its name, as the only one of a `unique` query, or as a new one. */
import type { DebounceOptions } from 'agenda'
import { firstDebounce, keptNextRun, nextDebounce } from '../../agenda-next-run.ts'
import type { Database, WriteContext } from '../database.ts'
import { type UniqueQuery, uniqueFinder } from './agenda-filter.ts'
import { assignments, insertion, JOB_COLUMNS, type JobDefinitionRow, type JobRow } from './agenda-rows.ts'

export interface JobToSave {
  /** Null for one that was never saved. */
  readonly id: string | null
  /** Its id if it is new. */
  readonly freshId: string
  readonly job: JobDefinitionRow
  /** Only what was given: a save does not enable what somebody disabled. */
  readonly given: Partial<
    Pick<JobRow, 'disabled' | 'failedAt' | 'failCount' | 'failReason' | 'lastRunAt' | 'lastFinishedAt'>
  >
  readonly unique: UniqueQuery | null
  readonly insertOnly: boolean
  readonly debounce: DebounceOptions | null
}

type Change = Partial<JobRow>

export function jobSaver(
  db: Database,
  context: Pick<WriteContext, 'now'>,
): (saved: JobToSave) => JobRow | null {
  const byId = db.prepare<[string], JobRow>(`SELECT ${JOB_COLUMNS} FROM agenda_job WHERE id = ?`)
  const single = db.prepare<[string], JobRow>(
    `SELECT ${JOB_COLUMNS} FROM agenda_job WHERE name = ? AND type = 'single'`,
  )
  const byUnique = uniqueFinder(db)

  const insert = ({ freshId, job, given, debounce, unique }: JobToSave): JobRow | null => {
    const started = unique && debounce ? firstDebounce(job, debounce, context.now()) : {}
    const row: Change = { ...job, ...given, ...started, id: freshId }
    db.prepare(insertion(Object.keys(row))).run(row)
    return byId.get(freshId) ?? null
  }
  const update = (existing: JobRow, { job, given }: JobToSave, change: Change): JobRow | null => {
    const changed = { ...job, ...given, ...change }
    // The run that holds the lock will save its own next run; this one must survive it.
    const missed =
      existing.lockToken !== null && changed.nextRunAt !== null && changed.nextRunAt !== existing.nextRunAt
    const row: Change = { ...changed, rescheduled: missed ? 1 : existing.rescheduled }
    db.prepare(`UPDATE agenda_job SET ${assignments(Object.keys(row))} WHERE id = @id`).run({
      ...row,
      id: existing.id,
    })
    return byId.get(existing.id) ?? null
  }

  const saveById = (saved: JobToSave, id: string): JobRow | null => {
    const existing = byId.get(id)
    return existing?.name === saved.job.name ? update(existing, saved, {}) : null
  }
  const saveSingle = (saved: JobToSave): JobRow | null => {
    const existing = single.get(saved.job.name)
    return existing ? update(existing, saved, keptNextRun(existing, saved.job, context.now())) : insert(saved)
  }
  const saveUnique = (saved: JobToSave, unique: UniqueQuery): JobRow | null => {
    const existing = byUnique(saved.job.name, unique)
    if (!existing) return insert(saved)
    const { job, debounce, insertOnly } = saved
    if (debounce) return update(existing, saved, nextDebounce(existing, job, debounce, context.now()))
    return insertOnly ? existing : update(existing, saved, {})
  }
  return (saved) => {
    if (saved.id !== null) return saveById(saved, saved.id)
    if (saved.job.type === 'single') return saveSingle(saved)
    return saved.unique ? saveUnique(saved, saved.unique) : insert(saved)
  }
}
