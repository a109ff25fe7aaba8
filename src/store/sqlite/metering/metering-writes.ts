/** What the drain writes: `recount` is the only way a count changes (design.md). */
import type { Lease, RecountResult, TenantId } from '../../ports.ts'
import { adjustmentWriter } from '../closing/adjustments.ts'
import type { Database, WriteContext } from '../database.ts'
import { heldLease } from '../jobs/leases.ts'
import { attemptsWriter, type PackedAttempt, packAttempt, untrackedWriter } from './attempts.ts'
import { countsWriter } from './counts.ts'
import { type TouchedTotals, totalsWriter } from './totals.ts'

interface LearnerState {
  readonly number: number
  readonly tenant: string
  readonly revision: number
  readonly redirect: number | null
}

/** A RecountResult on its way to the writer. */
export type PackedResult = Omit<RecountResult, 'attempts'> & { readonly attempts: readonly PackedAttempt[] }

export function packResult(result: RecountResult): PackedResult {
  return { ...result, attempts: result.attempts.map(packAttempt) }
}

export function meteringWrites(db: Database, context: WriteContext) {
  const held = heldLease(db)
  const stateOf = db.prepare<[string], LearnerState>(
    'SELECT number, tenant, revision, redirect FROM learner WHERE id = ?',
  )
  const totals = totalsWriter(db)
  const replace = learnerReplacer(db)
  const absorbed = absorbedLearners(db)
  const settle = settler(db)
  const adjust = adjustmentWriter(db)
  const fail = db.prepare(
    `INSERT INTO recount_failure (tenant, learner, error, times, at) VALUES (?, ?, ?, 1, ?)
     ON CONFLICT DO UPDATE SET error = excluded.error, times = times + 1, at = excluded.at`,
  )

  const writeOne = (result: PackedResult, touched: TouchedTotals): 'written' | 'stale' => {
    const state = stateOf.get(result.learner)
    const current =
      state?.tenant === result.tenant && state.redirect === null && state.revision === result.revision
    if (!current) return 'stale'
    for (const learner of absorbed(state.number))
      replace({ tenant: result.tenant, learner, ...NOTHING }, touched)
    replace(result, touched)
    for (const adjustment of result.adjustments ?? []) adjust(result.tenant, adjustment)
    settle(result)
    return 'written'
  }

  return {
    writeRecounts: (
      lease: Lease,
      results: readonly PackedResult[],
    ): readonly ('written' | 'stale' | 'fenced')[] => {
      if (!held(lease)) return results.map(() => 'fenced')
      const touched = totals()
      const outcomes = results.map((result) => writeOne(result, touched))
      touched.refresh()
      return outcomes
    },
    markRecountFailed: (tenant: TenantId, learner: string, error: string): void => {
      if (stateOf.get(learner)?.tenant === tenant) fail.run(tenant, learner, error, context.now())
    },
  }
}

type Derived = Pick<PackedResult, 'tenant' | 'learner' | 'attempts' | 'untracked' | 'counts'>

const NOTHING = { attempts: [], untracked: {}, counts: [] }

/** Makes everything derived of one learner equal to what is given. */
function learnerReplacer(db: Database) {
  const attempts = attemptsWriter(db)
  const untracked = untrackedWriter(db)
  const counts = countsWriter(db)
  return (derived: Derived, touched: TouchedTotals): void => {
    attempts(derived.tenant, derived.learner, derived.attempts)
    untracked(derived.tenant, derived.learner, derived.untracked)
    counts(derived, touched)
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
  return ({ tenant, learner, marks }: PackedResult): void => {
    for (const { ifi, generation } of marks) clear.run(tenant, ifi, generation)
    forget.run(tenant, learner)
  }
}
