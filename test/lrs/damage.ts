/** What is derived, damaged by hand behind the product's back: the same damage on each store, as far as it has such a place. */
import SqliteDatabase from 'better-sqlite3'
import { type Db, type Document, MongoClient } from 'mongodb'
import { inject } from 'vitest'
import { databaseFile } from '../../src/store/sqlite/database.ts'
import { storeOf } from '../harness/mongo.ts'

/** @returns how many rows, or documents, were changed */
type OnMongo = (db: Db) => Promise<number>

export interface Damage {
  readonly sqlite?: string
  readonly mongo?: OnMongo
}

export async function inflict(directory: string, { sqlite, mongo }: Damage): Promise<number> {
  if (inject('store') === 'sqlite') return sqlite === undefined ? 0 : onSqlite(directory, sqlite)
  const client = new MongoClient(String(storeOf(directory).settings.ROLLCALL_STORE))
  try {
    return mongo === undefined ? 0 : await mongo(client.db())
  } finally {
    await client.close()
  }
}

function onSqlite(directory: string, sql: string): number {
  const db = new SqliteDatabase(databaseFile(directory), { timeout: 10_000 })
  try {
    return db.prepare(sql).run().changes
  } finally {
    db.close()
  }
}

type Named = Document & { readonly _id: string }

/** Replaces each document that is found by what `change` makes of it; null leaves it. */
const each =
  (collection: string, filter: Document, change: (doc: Named) => Document | null): OnMongo =>
  async (db) => {
    let changed = 0
    for (const doc of await db.collection<Named>(collection).find(filter).toArray()) {
      const next = change(doc)
      if (next === null) continue
      await db.collection<Named>(collection).replaceOne({ _id: doc._id }, next)
      changed += 1
    }
    return changed
  }
const emptied =
  (collection: string, filterOf: (db: Db) => Promise<Document>): OnMongo =>
  async (db) =>
    (await db.collection(collection).deleteMany(await filterOf(db))).deletedCount

const everything = async () => ({})
/** The learner d-1. */
async function one(db: Db): Promise<{ learner: string }> {
  const found = await db.collection('identities').findOne({ ifi: /[|]d-1$/ })
  return { learner: String(found?.learner) }
}
const ofOne =
  (collection: string, change: (doc: Named) => Document): OnMongo =>
  async (db) =>
    each(collection, await one(db), change)(db)
/** Every second statement. */
const half = (change: (doc: Named) => Document): OnMongo => {
  let n = 0
  return each('statements', {}, (doc) => (n++ % 2 === 0 ? change(doc) : null))
}
const inFirstBucket = (by: number) => (doc: Named) => {
  const [bucket = '0'] = Object.keys(doc.buckets)
  return { ...doc, buckets: { ...doc.buckets, [bucket]: Number(doc.buckets[bucket] ?? 0) + by } }
}
/** A counted row of d-1 once more, as somebody else's or under something else. */
export const copied =
  (change: (db: Db) => Promise<Document>): OnMongo =>
  async (db) => {
    const row = await db.collection<Named>('counted').findOne(await one(db))
    if (!row) return 0
    await db
      .collection<Named>('counted')
      .insertOne({ ...row, _id: `${row._id} again`, ...(await change(db)) })
    return 1
  }

const oneLearner = `learner = (SELECT l.id FROM learner l JOIN identity i ON i.learner = l.number WHERE i.ifi LIKE '%|d-1')`
export const nobody = `INSERT INTO counted SELECT tenant, 'nobody', policy, version, window_start, key, statement_id, at, stored, rule
  FROM counted WHERE ${oneLearner}`
const facts = (data: string) =>
  half((doc) => ({ ...doc, facts: doc.facts.map((part: Document) => ({ ...part, data })) }))
const columns = (sqlite: string, members: Document): [Damage, RegExp] => [
  {
    sqlite: `UPDATE attempt SET ${sqlite} WHERE ${oneLearner}`,
    mongo: ofOne('attempts', (doc) => ({ ...doc, ...members })),
  },
  /unreadable attempts stored/,
]

/** By what is damaged; with what `recount` says of it. A store that has no such place has no such damage. */
export const DAMAGES: Readonly<Record<string, [Damage, RegExp]>> = {
  'totals of windows': [
    {
      sqlite: 'UPDATE window_total SET keys = keys + 7',
      mongo: each('window_totals', {}, inFirstBucket(7)),
    },
    /totals of windows/,
  ],
  'parts of totals of windows': [
    { sqlite: 'UPDATE window_part SET keys = keys + 7', mongo: each('window_totals', {}, inFirstBucket(7)) },
    /totals of windows/,
  ],
  'parts of totals of policies': [
    {
      sqlite: "INSERT INTO policy_part SELECT tenant, policy, 'xyz', 2 FROM policy_total",
      mongo: each('policy_totals', {}, inFirstBucket(-3)),
    },
    /totals of policies/,
  ],
  'totals of policies': [
    {
      sqlite: 'UPDATE policy_total SET learners = learners - 3',
      mongo: each('policy_totals', {}, inFirstBucket(-3)),
    },
    /totals of policies/,
  ],
  'a missing total': [
    { sqlite: 'DELETE FROM policy_total', mongo: emptied('policy_totals', everything) },
    /totals of policies/,
  ],
  'a counted row of nobody': [
    { sqlite: nobody, mongo: copied(async () => ({ learner: 'nobody' })) },
    /^1 rows were of learners/,
  ],
  'a counted row under no policy': [
    {
      sqlite: `${nobody.replace("'nobody'", 'learner').replace('version', '9')}`,
      mongo: copied(async () => ({ version: 9 })),
    },
    /^1 rows were of/,
  ],
  'first times': [
    {
      sqlite: "DELETE FROM qualified WHERE learner <> ''",
      mongo: each('recounts', { 'qualified.0': { $exists: true } }, (doc) => ({ ...doc, qualified: [] })),
    },
    /0 first times of evidence stored, 1 worked out/,
  ],
  'a wrong first time': [
    {
      sqlite: 'UPDATE qualified SET first = first - 1',
      mongo: each('recounts', {}, (doc) => ({
        ...doc,
        qualified: doc.qualified.map((row: Document) => ({ ...row, first: Number(row.first) - 1 })),
      })),
    },
    /first times.*with other content/,
  ],
  attempts: [
    { sqlite: `DELETE FROM attempt WHERE ${oneLearner}`, mongo: emptied('attempts', one) },
    /: 0 attempts stored, 2 worked out/,
  ],
  'unreadable attempts': columns("data = '{'", { data: '{' }),
  'the element that attempts are found by': columns("element = 'x'", { element: 'x' }),
  'the time that attempts are found by': columns('first = first - 1', { first: 1 }),
  'the verdict that attempts are found by': columns('tracked = 1 - tracked', { tracked: 'x' }),
  'the reason that attempts are found by': columns("reason = 'x'", { reason: 'x' }),
  'attempts that look deleted': columns('deleted = 1', { deleted: true }),
  'attempts that look mixed': columns('mixed = 1', { mixed: true }),
  'attempts that look decided by default': columns('by_default = 1 - by_default', { byDefault: 'x' }),
  'untracked counts': [
    {
      sqlite: 'UPDATE untracked SET statements = 9',
      mongo: each('recounts', { 'untracked.0': { $exists: true } }, (doc) => ({
        ...doc,
        untracked: doc.untracked.map((row: Document) => ({ ...row, statements: 9 })),
      })),
    },
    /reasons of statements without effect/,
  ],
  'counted rows': [
    { sqlite: `DELETE FROM counted WHERE ${oneLearner}`, mongo: emptied('counted', one) },
    /: 0 counted rows stored, 1 worked out/,
  ],
  'unreadable facts': [
    { sqlite: `UPDATE fact SET data = '{"a' WHERE seq % 2 = 0`, mongo: facts('{"a') },
    /facts cannot be read: they are replaced/,
  ],
  'facts that are no object': [
    { sqlite: "UPDATE fact SET data = 'null' WHERE seq % 2 = 0", mongo: facts('null') },
    /facts cannot be read: they are replaced/,
  ],
  'what facts have in common, unreadable': [
    { sqlite: `UPDATE fact_frame SET data = '{"a'` },
    /facts cannot be read: they are replaced/,
  ],
  'what facts have in common, missing': [
    { sqlite: 'DELETE FROM fact_frame' },
    /facts cannot be read: they are replaced/,
  ],
  'what facts have in common, with other content': [
    { sqlite: `UPDATE fact_frame SET data = replace(data, '"verb":"', '"verb":"x')` },
    /facts are not what it says/,
  ],
  'missing facts': [
    { sqlite: 'DELETE FROM fact WHERE seq % 2 = 0', mongo: half((doc) => ({ ...doc, facts: [] })) },
    /facts are not what it says/,
  ],
  'facts voided although their statement is not': [
    { sqlite: 'UPDATE fact SET voided = 1 WHERE seq % 2 = 0' },
    /facts are not what it says/,
  ],
  'facts received at another time': [
    { sqlite: 'UPDATE fact SET received = 1 WHERE seq % 2 = 0' },
    /facts are not what it says/,
  ],
  'facts that nobody is found by': [
    { mongo: half((doc) => ({ ...doc, who: [] })) },
    /facts are not what it says/,
  ],
}
