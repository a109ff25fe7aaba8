/**
 * The inverted index: FTS5 without content, one token a term, rowid = seq (docs/decisions/0002-inverted-index.md).
 * A new table for every 2^18 statements keeps deep pages, merges and rebuilding bounded. Changing that number moves every
 * seq to another table: it needs a migration.
 */
import type { Statement } from 'better-sqlite3'
import type { Database, WriteContext } from '../database.ts'
import type { Alternatives } from './terms.ts'

/** Statements in one table of the index. */
export const PARTITION = 2 ** 18

export const partitionOf = (seq: number) => Math.floor(seq / PARTITION)
export const tableOf = (partition: number) => `statement_index_${partition}`

export interface TermIndex {
  /** `tokens`: separated by spaces. */
  add(seq: number, tokens: string): void
  replace(seq: number, tokens: string): void
  remove(seq: number): void
}

export function createTermIndex(db: Database, context: Pick<WriteContext, 'onRollback'>): TermIndex {
  const prepare = (partition: number) => {
    const table = tableOf(partition)
    db.exec(
      `CREATE VIRTUAL TABLE IF NOT EXISTS ${table}
       USING fts5 (tokens, content='', contentless_delete=1, detail=none, tokenize='ascii')`,
    )
    return {
      add: db.prepare<[number, string]>(`INSERT INTO ${table} (rowid, tokens) VALUES (?, ?)`),
      replace: db.prepare<[number, string]>(`INSERT OR REPLACE INTO ${table} (rowid, tokens) VALUES (?, ?)`),
      remove: db.prepare<[number]>(`DELETE FROM ${table} WHERE rowid = ?`),
    }
  }
  const prepared = new Map<number, ReturnType<typeof prepare>>()
  context.onRollback(() => prepared.clear())
  const at = (seq: number) => {
    const partition = partitionOf(seq)
    const found = prepared.get(partition) ?? prepare(partition)
    prepared.set(partition, found)
    return found
  }
  return {
    add: (seq, tokens) => {
      at(seq).add.run(seq, tokens)
    },
    replace: (seq, tokens) => {
      at(seq).replace.run(seq, tokens)
    },
    remove: (seq) => {
      at(seq).remove.run(seq)
    },
  }
}

export interface TermSearch {
  /** All must be there. */
  readonly tokens: readonly Alternatives[]
  /** Both inclusive. */
  readonly from: number
  readonly to: number
  readonly ascending: boolean
  readonly limit: number
}

/** For reading: the seqs that match, in order, at most `limit`. */
export function createTermSearch(db: Database): (search: TermSearch) => number[] {
  const exists = db
    .prepare<[string], 1>("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .pluck()
  type Search = Statement<[string, number, number, number], number>
  const prepared = new Map<string, Search>()
  const at = (partition: number, ascending: boolean): Search | undefined => {
    const table = tableOf(partition)
    const order = ascending ? 'ASC' : 'DESC'
    const key = `${table} ${order}`
    if (!prepared.has(key)) {
      if (exists.get(table) === undefined) return undefined
      const sql = `SELECT rowid FROM ${table} WHERE ${table} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid ${order} LIMIT ?`
      prepared.set(key, db.prepare<[string, number, number, number], number>(sql).pluck())
    }
    return prepared.get(key)
  }
  return ({ tokens, from, to, ascending, limit }) => {
    const match = tokens.map((one) => `(${one.join(' OR ')})`).join(' AND ')
    const found: number[] = []
    const [first, last] = [partitionOf(from), partitionOf(to)]
    for (let step = 0; step <= last - first && found.length < limit; step++) {
      const search = at(ascending ? first + step : last - step, ascending)
      for (const seq of search?.all(match, from, to, limit - found.length) ?? []) found.push(seq)
    }
    return found
  }
}
