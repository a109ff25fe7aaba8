/**
 * Group commit: calls that wait at the same time share one transaction and its fsync, and are answered only after it.
 * A function decides by reading before it writes, so a refusal has written nothing and no savepoints are needed; if one
 * throws all the same, the transaction is undone and each call runs in one of its own (ruling 27).
 */
import type { Clock } from '../../../clock.ts'
import type { Call, Functions } from '../../calls.ts'
import { type Database, storeErrorOf, type WriteContext } from '../database.ts'
import { createMoments } from '../statements/moments.ts'
import type { WriterHorizon } from './horizon.ts'
import { invoke } from './rpc.ts'

/** A group takes no further call after this long, so that answers stay quick. */
const GROUP_MS = 50

export interface WriterParts {
  readonly functions: Functions
  /** Runs at the end of each transaction: a bounded slice of what earlier commits left to do. */
  afterCalls(): void
  /** The `stored` of the earliest commit that is not yet completely indexed; null when there is none. */
  unfinishedSince(): number | null
}

export interface GroupRunner {
  /** Runs, commits and answers as many of the waiting calls as fit into one group; returns those left. */
  run(waiting: readonly Call[]): readonly Call[]
  /** Something is left for `afterCalls`. */
  unfinished(): boolean
}

type Result = { readonly call: Call; readonly value: unknown }

/** One transaction around `work`: it happens whole, or is undone and throws. */
interface Transactions {
  run(work: () => void): void
  readonly parts: WriterParts
  readonly unfinished: () => boolean
}

export function createGroupRunner(
  db: Database,
  clock: Clock,
  horizon: WriterHorizon,
  partsOf: (context: WriteContext) => WriterParts,
): GroupRunner {
  const { run, parts, unfinished } = createTransactions(db, clock, horizon, partsOf)
  const together = (waiting: readonly Call[], results: Result[]) => {
    const started = performance.now()
    run(() => {
      for (const call of waiting) {
        results.push({ call, value: invoke(parts.functions, call) })
        if (performance.now() - started > GROUP_MS) break
      }
    })
  }
  const alone = (call: Call) => {
    try {
      let value: unknown
      run(() => {
        value = invoke(parts.functions, call)
      })
      call.resolve(value)
    } catch (error) {
      call.reject(error)
    }
  }
  return {
    run: (waiting) => {
      const results: Result[] = []
      try {
        together(waiting, results)
      } catch {
        // The call after the last result is the one that threw, unless the commit itself failed.
        const tried = waiting.slice(0, results.length + 1)
        for (const call of tried) alone(call)
        return waiting.slice(tried.length)
      }
      for (const { call, value } of results) call.resolve(value)
      return waiting.slice(results.length)
    },
    unfinished,
  }
}

function createTransactions(
  db: Database,
  clock: Clock,
  horizon: WriterHorizon,
  partsOf: (context: WriteContext) => WriterParts,
): Transactions {
  const moments = createMoments(db)
  const forgetters: (() => void)[] = []
  let stored: number | null = null
  const parts = partsOf({
    now: () => clock.now(),
    stored: () => (stored ??= horizon.choose()),
    onRollback: (forget) => {
      forgetters.push(forget)
    },
  })
  let unfinishedSince = parts.unfinishedSince()
  horizon.settle(null, unfinishedSince)
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')

  const run = (work: () => void) => {
    stored = null
    try {
      begin.run()
      work()
      parts.afterCalls()
      if (stored !== null) moments.touch(stored)
      const left = parts.unfinishedSince()
      commit.run()
      // From here on nothing may fail: the commit has happened.
      unfinishedSince = left
      horizon.settle(stored, unfinishedSince)
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      for (const forget of forgetters) forget()
      horizon.settle(null, unfinishedSince)
      throw storeErrorOf(error)
    }
  }
  return { run, parts, unfinished: () => unfinishedSince !== null }
}
