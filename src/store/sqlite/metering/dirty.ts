/** Who is dirty, and how far counts are complete because of it. */
import type { ComputedThrough, FailingLearners, TenantId } from '../../ports.ts'
import { MOST_MARKS, stillToCount } from '../../still-to-count.ts'
import type { Database } from '../database.ts'

interface DirtyRow {
  readonly tenant: string
  readonly learner: string
  readonly failedAt: number | null
}

interface Oldest {
  readonly at: number
  readonly learner: string
  readonly error: string | null
  readonly times: number | null
}

/** Of every so many learners handed out, one may be of those whose recount has failed. */
const TURNS = 8

export function dirtyReads(db: Database) {
  const byAge = db.prepare<[], DirtyRow>(
    `SELECT m.tenant, l.id AS learner, f.at AS failedAt
     FROM mark m JOIN identity i ON i.id = m.identity JOIN learner l ON l.number = i.learner
     LEFT JOIN recount_failure f ON f.tenant = m.tenant AND f.learner = l.id
     ORDER BY m.oldest_stored`,
  )
  return {
    /**
     * Oldest first. One whose recount has failed waits behind the others, so that it cannot hold them up, but keeps its
     * turn: it is never skipped (ruling 30).
     */
    dirtyLearners: (limit: number): readonly { readonly tenant: TenantId; readonly learner: string }[] => {
      const fresh = new Map<string, DirtyRow>()
      const failed = new Map<string, DirtyRow>()
      for (const row of byAge.iterate()) {
        ;(row.failedAt === null ? fresh : failed).set(row.learner, row)
        if (fresh.size >= limit) break
      }
      const longestWaiting = [...failed.values()].sort((a, b) => Number(a.failedAt) - Number(b.failedAt))
      const turns = Math.max(limit - fresh.size, Math.ceil(limit / TURNS))
      const retried = longestWaiting.slice(0, Math.min(turns, limit))
      return [...[...fresh.values()].slice(0, limit - retried.length), ...retried].map(
        ({ tenant, learner }) => ({
          tenant,
          learner,
        }),
      )
    },
    backlog: backlogReader(db),
  }
}

/**
 * What holds the tenant's counts back, oldest first; null when nothing does. `at`: the last instant before it.
 * One snapshot, so that a change that is closing is seen either as itself or as the marks it has left.
 */
function backlogReader(db: Database): (tenant: TenantId) => ComputedThrough | null {
  const oldest = db.prepare<[string], Oldest>(
    `SELECT m.oldest_stored AS at, l.id AS learner, f.error, f.times
     FROM mark m JOIN identity i ON i.id = m.identity JOIN learner l ON l.number = i.learner
     LEFT JOIN recount_failure f ON f.tenant = m.tenant AND f.learner = l.id
     WHERE m.tenant = ? ORDER BY m.oldest_stored LIMIT 1`,
  )
  const failing = failingReader(db)
  const marks = db
    .prepare<[string, number], number>('SELECT count(*) FROM (SELECT 1 FROM mark WHERE tenant = ? LIMIT ?)')
    .pluck()
  const change = db.prepare<[string], { recorded: number; kind: string; subject: string }>(
    'SELECT recorded, kind, subject FROM pending_change WHERE tenant = ? ORDER BY recorded, id LIMIT 1',
  )
  const deleting = db.prepare<[string], { recorded: number; kind: string; subject: string }>(
    `SELECT at AS recorded, 'deleted attempts' AS kind, id AS subject FROM deletion
     WHERE tenant = ? AND state = 'deleting' ORDER BY at, id LIMIT 1`,
  )
  return db.transaction((tenant: TenantId): ComputedThrough | null => {
    const mark = oldest.get(tenant)
    const pending = earlier(change.get(tenant), deleting.get(tenant))
    if (pending && (!mark || pending.recorded <= mark.at)) {
      return {
        at: pending.recorded - 1,
        behind: `the change of ${pending.kind} «${pending.subject}» is still being applied to everybody it touches`,
        failing: failing(tenant, pending.recorded),
      }
    }
    if (!mark) return null
    const behind =
      mark.error === null
        ? stillToCount(marks.get(tenant, MOST_MARKS + 1) ?? 0)
        : `the recount of learner ${mark.learner} has failed ${mark.times} times: ${mark.error}`
    return { at: mark.at - 1, behind, failing: failing(tenant, pending?.recorded ?? Infinity) }
  })
}

function earlier<T extends { readonly recorded: number }>(a: T | undefined, b: T | undefined): T | undefined {
  return a && (!b || a.recorded <= b.recorded) ? a : b
}

/** `pending`: when the oldest pending change was recorded; Infinity when there is none. */
function failingReader(db: Database): (tenant: TenantId, pending: number) => FailingLearners | null {
  const failing = db.prepare<[string], { learners: number; tried: number | null }>(
    `SELECT count(DISTINCT f.learner) AS learners, min(f.at) AS tried
     FROM recount_failure f JOIN learner l ON l.id = f.learner JOIN identity i ON i.learner = l.number
     JOIN mark m ON m.identity = i.id WHERE f.tenant = ?`,
  )
  const oldestOther = db
    .prepare<[string], number>(
      `SELECT m.oldest_stored FROM mark m JOIN identity i ON i.id = m.identity JOIN learner l ON l.number = i.learner
       WHERE m.tenant = ? AND NOT EXISTS (SELECT 1 FROM recount_failure f WHERE f.tenant = m.tenant AND f.learner = l.id)
       ORDER BY m.oldest_stored LIMIT 1`,
    )
    .pluck()
  return (tenant, pending) => {
    const { learners = 0, tried = null } = failing.get(tenant) ?? {}
    if (tried === null) return null
    return { learners, tried, others: Math.min(oldestOther.get(tenant) ?? Infinity, pending) - 1 }
  }
}
