/**
 * Which inverted index: a B-tree table (term, seq), or FTS5 without content. Both get the same statements in turn, slice by
 * slice, so that whatever else the machine does meets both; only the ratios of one run mean anything.
 *
 *   node test/bench/index-choice.js [rows]      (docs/decisions/0002-inverted-index.md)
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'

const ROWS = Number(process.argv[2] ?? 250_000)
const SLICE = 5_000
const BATCHES = [50, 10]
const RAW = JSON.stringify({ text: 'x'.repeat(1150) })

/** Nine terms as dictionary numbers: verb, activity, related activities, agent, related agents, registration, credential. */
function termsOf(n) {
  const learner = Math.floor(Math.random() * 20_000)
  const activity = Math.floor(Math.random() * 2_000)
  return [
    1 + Math.floor(Math.random() ** 2 * 10),
    100 + activity,
    3_000 + activity,
    6_000 + (activity % 100),
    10_000 + learner,
    40_000 + learner,
    70_000,
    80_000 + learner * 20 + (n % 5),
    70_001,
  ]
}

const DESIGNS = {
  'B-tree (term, seq)': {
    schema: 'CREATE TABLE term_index (term INTEGER, seq INTEGER, PRIMARY KEY (term, seq)) WITHOUT ROWID',
    writer: (db) => {
      const add = db.prepare('INSERT INTO term_index VALUES (?, ?)')
      return (seq, terms) => {
        for (const term of terms) add.run(term, seq)
      }
    },
    reader: (db) => {
      const one = db
        .prepare('SELECT seq FROM term_index WHERE term = ? AND seq < ? ORDER BY seq DESC LIMIT 50')
        .pluck()
      const two = db
        .prepare(
          `SELECT a.seq FROM term_index a CROSS JOIN term_index b ON b.term = ? AND b.seq = a.seq
           WHERE a.term = ? AND a.seq < ? ORDER BY a.seq DESC LIMIT 50`,
        )
        .pluck()
      return ([first, second], before) =>
        second === undefined ? one.all(first, before) : two.all(second, first, before)
    },
  },
  FTS5: {
    schema: `CREATE VIRTUAL TABLE term_index
      USING fts5 (tokens, content='', contentless_delete=1, detail=none, tokenize='ascii')`,
    writer: (db) => {
      const add = db.prepare('INSERT INTO term_index (rowid, tokens) VALUES (?, ?)')
      return (seq, terms) => add.run(seq, terms.map((term) => term.toString(36)).join(' '))
    },
    reader: (db) => {
      const find = db
        .prepare(
          'SELECT rowid FROM term_index WHERE term_index MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT 50',
        )
        .pluck()
      return (terms, before) => find.all(terms.map((term) => term.toString(36)).join(' '), before)
    },
  },
}

function open(directory, name, { schema, writer, reader }) {
  const db = new SqliteDatabase(join(directory, `${randomUUID()}.db`))
  for (const pragma of [
    'page_size = 8192',
    'journal_mode = WAL',
    'synchronous = FULL',
    'cache_size = -262144',
    'wal_autocheckpoint = 10000',
  ])
    db.pragma(pragma)
  db.exec(`CREATE TABLE statement (seq INTEGER PRIMARY KEY, id BLOB UNIQUE, raw TEXT); ${schema}`)
  const row = db.prepare('INSERT INTO statement VALUES (?, ?, ?)')
  const index = writer(db)
  const store = db.transaction((statements) => {
    for (const { seq, id, terms } of statements) {
      row.run(seq, id, RAW)
      index(seq, terms)
    }
  })
  return { name, db, store, read: reader(db), ms: 0, lateMs: 0 }
}

/** Writes the slice in batches, each a transaction of its own; returns ms. */
function write(store, statements, batch) {
  const started = performance.now()
  for (let at = 0; at < statements.length; at += batch) store(statements.slice(at, at + batch))
  return performance.now() - started
}

const READS = [
  ['newest 50 of an agent', () => [[10_000 + Math.floor(Math.random() * 20_000)], ROWS]],
  ['newest 50 of a common verb', () => [[1], ROWS]],
  ['agent and verb', () => [[10_000 + Math.floor(Math.random() * 20_000), 1], ROWS]],
  ['activity and verb', () => [[100 + Math.floor(Math.random() * 2_000), 1], ROWS]],
  ['a page in the middle of a term of every row', () => [[70_000], Math.floor(ROWS / 2)]],
]

function medianMs(read, next) {
  const times = Array.from({ length: 101 }, () => {
    const [terms, before] = next()
    const started = performance.now()
    read(terms, before)
    return performance.now() - started
  })
  return times.sort((a, b) => a - b)[50]
}

function indexMegabytes(db) {
  const bytes = db.prepare("SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'term_index%'").pluck().get()
  return bytes / 1e6
}

function compare(batch) {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-bench-'))
  const stores = Object.entries(DESIGNS).map(([name, design]) => open(directory, name, design))
  for (let from = 1; from <= ROWS; from += SLICE) {
    const statements = Array.from({ length: SLICE }, (_, n) => ({
      seq: from + n,
      id: Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
      terms: termsOf(from + n),
    }))
    for (const store of stores) {
      const ms = write(store.store, statements, batch)
      store.ms += ms
      if (from > ROWS * 0.8) store.lateMs += ms
    }
  }
  const late = SLICE * Math.ceil((ROWS * 0.2) / SLICE)
  console.log(`\n${ROWS} statements, batches of ${batch}, one transaction each`)
  const rows = stores.map(({ name, db, read, ms, lateMs }) => ({
    index: name,
    'statements/s': Math.round((ROWS / ms) * 1000),
    'last fifth': Math.round((late / lateMs) * 1000),
    'index MB': Math.round(indexMegabytes(db) * 10) / 10,
    ...Object.fromEntries(
      READS.map(([what, next]) => [`${what}, ms`, Number(medianMs(read, next).toFixed(3))]),
    ),
  }))
  const [btree, fts] = stores
  for (const column of Object.keys(rows[0]))
    console.log(column.padEnd(52), ...rows.map((row) => String(row[column]).padStart(20)))
  console.log(
    'FTS5 writes',
    (btree.ms / fts.ms).toFixed(1),
    'times as fast; at the end',
    (btree.lateMs / fts.lateMs).toFixed(1),
  )
  for (const { db } of stores) db.close()
  rmSync(directory, { recursive: true })
}

for (const batch of BATCHES) compare(batch)
