/** What the drain writes: `recount` is the only way a count changes (design.md). */
import type { Lease, TenantId } from '../../ports.ts'
import { adjustmentWriter } from '../closing/adjustments.ts'
import type { Database, WriteContext } from '../database.ts'
import { heldLease } from '../jobs/leases.ts'
import { attemptsWriter, untrackedWriter } from './attempts.ts'
import { countedWriter, countRows, qualifiedWriter } from './counts.ts'
import type { PackedRecount } from './derived-rows.ts'
import { type TouchedTotals, totalsWriter } from './totals.ts'

interface LearnerState {
  readonly number: number
  readonly tenant: string
  readonly revision: number
  readonly redirect: number | null
}

/**
 * A recount brings what it changes, worked out against the rows that stood when it was packed. Nobody else changes them until
 * it is written: another recount of the learner would have had to take the lease, which then is not held any more, and a
 * repair only removes rows of those who are not listed. Whoever moves an identity raises the revision.
 */
export function meteringWrites(db: Database, context: WriteContext) {
  const held = heldLease(db)
  const stateOf = db.prepare<[string], LearnerState>(
    'SELECT number, tenant, revision, redirect FROM learner WHERE id = ?',
  )
  const totals = totalsWriter(db)
  const change = changesWriter(db)
  const clear = learnerClearer(db)
  const absorbed = absorbedLearners(db)
  const settle = settler(db)
  const adjust = adjustmentWriter(db)
  const fail = db.prepare(
    `INSERT INTO recount_failure (tenant, learner, error, times, at) VALUES (?, ?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET error = excluded.error, times = times + 1, at = excluded.at`,
  )

  const writeOne = (recount: PackedRecount, touched: TouchedTotals): 'written' | 'stale' => {
    const state = stateOf.get(recount.learner)
    const current =
      state?.tenant === recount.tenant && state.redirect === null && state.revision === recount.revision
    if (!current) return 'stale'
    for (const learner of absorbed(state.number)) clear(recount.tenant, learner, touched)
    change(recount, touched)
    for (const adjustment of recount.adjustments) adjust(recount.tenant, adjustment)
    settle(recount)
    return 'written'
  }

  return {
    writeRecounts: (
      lease: Lease,
      recounts: readonly PackedRecount[],
    ): readonly ('written' | 'stale' | 'fenced')[] => {
      if (!held(lease)) return recounts.map(() => 'fenced')
      const touched = totals()
      const outcomes = recounts.map((recount) => writeOne(recount, touched))
      touched.refresh()
      return outcomes
    },
    markRecountFailed: (tenant: TenantId, learner: string, error: string): void => {
      if (stateOf.get(learner)?.tenant === tenant) fail.run(tenant, learner, error, context.now())
    },
  }
}

/** Rows of one learner, and the totals that change with them. */
function changesWriter(db: Database) {
  const attempts = attemptsWriter(db)
  const untracked = untrackedWriter(db)
  const counted = countedWriter(db)
  const qualified = qualifiedWriter(db)
  return (recount: PackedRecount, touched: TouchedTotals): void => {
    const { tenant, learner } = recount
    attempts(tenant, learner, recount.attempts)
    untracked(tenant, learner, recount.untracked)
    counted(tenant, learner, recount.counted)
    qualified(tenant, learner, recount.qualified)
    for (const { policy, version, windowStart: start } of recount.windows)
      touched.window(tenant, { policy, version, start }, learner)
    for (const policy of recount.policies) touched.policy(tenant, policy, learner)
  }
}

/** Takes away everything derived of one learner. */
function learnerClearer(db: Database) {
  const rows = countRows(db)
  const removals = ['attempt', 'untracked', 'counted', 'qualified'].map((table) =>
    db.prepare<[string, string]>(`DELETE FROM ${table} WHERE tenant = ? AND learner = ?`),
  )
  return (tenant: TenantId, learner: string, touched: TouchedTotals): void => {
    for (const { policy, version, windowStart: start } of rows.counted(tenant, learner))
      touched.window(tenant, { policy, version, start }, learner)
    for (const { policy } of rows.qualified(tenant, learner)) touched.policy(tenant, policy, learner)
    for (const removal of removals) removal.run(tenant, learner)
  }
}

/** Learners merged into this one: what was derived for them is part of this one's result now. */
function absorbedLearners(db: Database): (number: number) => readonly string[] {
  const ids = db
    .prepare<[number], string>(
      `WITH RECURSIVE merged (number, id) AS (
         SELECT number, id FROM learner WHERE redirect = ?
         UNION ALL
         SELECT l.number, l.id FROM merged JOIN learner l ON l.redirect = merged.number
       ) SELECT id FROM merged`,
    )
    .pluck()
  return (number) => ids.all(number)
}

/** Deletes the marks that the recount has seen, if nothing marked again since, and forgets earlier failures. */
function settler(db: Database) {
  const clear = db.prepare(
    'DELETE FROM mark WHERE identity = (SELECT id FROM identity WHERE tenant = ? AND ifi = ?) AND generation = ?',
  )
  const forget = db.prepare('DELETE FROM recount_failure WHERE tenant = ? AND learner = ?')
  return ({ tenant, learner, marks }: PackedRecount): void => {
    for (const { ifi, generation } of marks) clear.run(tenant, ifi, generation)
    forget.run(tenant, learner)
  }
}
