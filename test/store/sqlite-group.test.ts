/** Group commit and the horizon, in one thread, where their steps can be seen. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import type { Call, Functions } from '../../src/store/calls.ts'
import type { BatchOutcome, IncomingStatement, StatementSelection } from '../../src/store/ports.ts'
import { type Database, openWriter, type WriteContext } from '../../src/store/sqlite/database.ts'
import { migrate } from '../../src/store/sqlite/schema/migrations.ts'
import { createMoments } from '../../src/store/sqlite/statements/moments.ts'
import { createPropagation } from '../../src/store/sqlite/statements/references.ts'
import { createStatementStore } from '../../src/store/sqlite/statements/statements.ts'
import { statementReads } from '../../src/store/sqlite/statements/statements-read.ts'
import { PARTITION } from '../../src/store/sqlite/statements/term-index.ts'
import { allWrites } from '../../src/store/sqlite/subjects.ts'
import { createGroupRunner, type GroupRunner } from '../../src/store/sqlite/threads/group.ts'
import { consistentThrough, createWriterHorizon, newCells } from '../../src/store/sqlite/threads/horizon.ts'
import { batchOf, factOf, selectionOf, statementAbout, statementOf } from '../contract/statement-fixtures.ts'

const ANA = 'account:https://lms.example.org|ana'

describe('a group of calls', () => {
  let directory: string
  let db: Database
  let clock: MovableClock
  let cells: SharedArrayBuffer
  let group: GroupRunner
  let context: WriteContext
  /** Beside the store's own functions. */
  let extra: Functions

  const start = () => {
    db = openWriter(join(directory, 'rollcall.db'))
    migrate(db)
    cells = newCells()
    const horizon = createWriterHorizon(cells, clock, createMoments(db).newest().stored)
    group = createGroupRunner(db, clock, horizon, (given) => {
      context = given
      const propagation = createPropagation(db, given)
      return {
        functions: { ...allWrites(db, given), ...extra },
        afterCalls: propagation.step,
        unfinishedSince: propagation.unfinishedSince,
      }
    })
  }
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rollcall-group-'))
    clock = systemClock()
    extra = {}
    start()
  })
  afterEach(() => {
    db.close()
    rmSync(directory, { recursive: true })
  })

  /** Puts calls before the runner as if they had come at once; their answers, in order. */
  const together = async (...calls: readonly (readonly [name: string, ...args: unknown[]])[]) => {
    const answers = calls.map(
      ([name, ...args]) =>
        new Promise<unknown>((resolve, reject) => {
          waiting.push({ name, args, resolve, reject })
        }),
    )
    const settled = Promise.allSettled(answers)
    let left: readonly Call[] = waiting.splice(0)
    while (left.length > 0) left = group.run(left)
    return (await settled).map((result) => (result.status === 'fulfilled' ? result.value : result.reason))
  }
  const waiting: Call[] = []
  /** The insertion as the port would send it. */
  const insertion = (...statements: IncomingStatement[]) => {
    let sent: readonly [string, ...unknown[]] = ['']
    const writes = {
      insertStatements: async (...args: unknown[]) => {
        sent = ['insertStatements', ...args]
        return null as never
      },
    }
    void createStatementStore(writes, {} as never, () => 0).insert('t', batchOf(statements))
    return sent
  }
  const storedOf = (answer: unknown) => (answer as BatchOutcome & { stored: number }).stored
  const found = (term: string) =>
    statementReads(db).selectStatements('t', selectionOf({ terms: [term], limit: 5000 })).items

  it('shares one commit: all its statements have one instant, and the next group a later one', async () => {
    const [a, b] = await together(insertion(statementOf()), insertion(statementOf()))
    const [c] = await together(insertion(statementOf()))
    expect(storedOf(a)).toBe(storedOf(b))
    expect(storedOf(c)).toBeGreaterThan(storedOf(b))
  })

  it('errors only the call that throws; the others are stored, and of it nothing is', async () => {
    extra = {
      writeAndThrow: () => {
        db.exec("INSERT INTO tenant VALUES ('x', 'x', 'x', 0)")
        throw new TypeError('a mistake')
      },
    }
    db.close()
    start()
    const [a, b] = [statementOf(), statementOf()]
    const answers = await together(insertion(a), ['writeAndThrow'], insertion(b))
    expect(answers).toMatchObject([{ outcome: 'stored' }, { message: 'a mistake' }, { outcome: 'stored' }])
    expect(db.prepare('SELECT count(*) FROM statement').pluck().get()).toBe(2)
    expect(db.prepare('SELECT count(*) FROM tenant').pluck().get()).toBe(0)
  })

  it('answers a name it does not know with an error', async () => {
    expect(await together(['toString', 1], ['nothing'])).toMatchObject([{ name: 'Error' }, { name: 'Error' }])
  })

  it('says unavailable when the disk is full, stores nothing, and goes on when there is room again', async () => {
    const pages = Number(db.pragma('page_count', { simple: true }))
    db.pragma(`max_page_count = ${pages}`)
    const large = statementAbout(ANA)
    const padded = {
      ...large,
      raw: JSON.stringify({ id: large.id, pad: 'x'.repeat(100_000) }),
      terms: ['new term'],
    }
    expect(await together(insertion(padded))).toMatchObject([{ name: 'StoreError', code: 'unavailable' }])
    expect(db.prepare('SELECT count(*) FROM statement').pluck().get()).toBe(0)

    db.pragma('max_page_count = 1000000')
    expect(await together(insertion(padded))).toMatchObject([{ outcome: 'stored' }])
    // Tenant, term, partition and identity were remembered from the commit that did not happen.
    expect(found('new term').map(({ id }) => id)).toEqual([large.id])
    expect(
      db.prepare('SELECT count(*) FROM fact JOIN identity ON identity.id = fact.identity').pluck().get(),
    ).toBe(1)
  })

  it('keeps Consistent-Through before the commit being made, and the commit after what was answered while choosing', async () => {
    const seen: number[] = []
    extra = {
      look: () => {
        seen.push(consistentThrough(cells, clock), context.stored(), consistentThrough(cells, clock))
      },
    }
    db.close()
    start()
    await together(['look'])
    const [before, stored, during] = seen as [number, number, number]
    expect(before).toBeLessThan(stored)
    expect(during).toBeLessThan(stored)
    expect(consistentThrough(cells, clock)).toBeGreaterThanOrEqual(stored)
  })

  it('holds Consistent-Through at a commit whose terms are still being handed on, also over a restart (ruling 32)', async () => {
    const target = statementOf({ terms: ['awaited'] })
    const referring = Array.from({ length: 600 }, () =>
      statementOf({ terms: ['refers'], refersTo: target.id }),
    )
    await together(insertion(...referring))
    const [answer] = await together(insertion(target))
    expect(group.unfinished()).toBe(true)
    expect(consistentThrough(cells, clock)).toBe(storedOf(answer) - 1)

    db.close()
    start()
    expect(group.unfinished()).toBe(true)
    expect(consistentThrough(cells, clock)).toBe(storedOf(answer) - 1)
    while (group.unfinished()) group.run([])
    expect(consistentThrough(cells, clock)).toBeGreaterThanOrEqual(storedOf(answer))
    expect(found('awaited')).toHaveLength(601)
  })

  it('finds in order, both ways, over the border of two partitions of the index', async () => {
    // The next seq is the third before the border.
    createMoments(db).extend(1, 1, PARTITION - 4)
    const statements = Array.from({ length: 6 }, () => statementOf({ terms: ['t'] }))
    await together(insertion(...statements))
    const ids = statements.map(({ id }) => id)
    const page = (changes: Partial<StatementSelection>) =>
      statementReads(db)
        .selectStatements('t', selectionOf({ terms: ['t'], ...changes }))
        .items.map(({ id, seq }) => [id, seq])
    const all = ids.map((id, n) => [id, PARTITION - 3 + n])
    expect(page({})).toEqual(all)
    expect(page({ ascending: false })).toEqual(all.toReversed())
    expect(page({ ascending: false, limit: 4 })).toEqual(all.toReversed().slice(0, 4))
    expect(page({ after: PARTITION - 2, limit: 3 })).toEqual(all.slice(2, 5))
  })

  it('never repeats the generation of a mark that was cleared', async () => {
    const generation = () => db.prepare('SELECT generation FROM mark').pluck().get() as number
    await together(insertion(statementAbout(ANA)))
    const first = generation()
    db.exec('DELETE FROM mark')
    await together(insertion(statementAbout(ANA)))
    expect(generation()).toBeGreaterThan(first)
  })

  it('widens a mark to the span of what changed, and keeps the earliest instant no count has seen', async () => {
    const mark = () => db.prepare('SELECT from_at, to_at, oldest_stored FROM mark').get()
    const at = (timestamp: number) => {
      const statement = statementOf({ timestamp })
      return { ...statement, facts: [factOf(statement.id, { learner: ANA, at: timestamp })] }
    }
    const [first] = await together(insertion(at(5000)))
    await together(insertion(at(9000)))
    await together(insertion(at(1000)))
    expect(mark()).toEqual({ from_at: 1000, to_at: 9000, oldest_stored: storedOf(first) })
  })
})
