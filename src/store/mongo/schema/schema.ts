/**
 * Makes the collections' indexes at the first start, and those of new collections when an older database is brought up;
 * otherwise only looks whether all is as this version needs it.
 */
import type { Db, IndexDescription } from 'mongodb'
import { StoreError } from '../../store-error.ts'
import { retried, upserted } from '../driver/writing.ts'

/**
 * Grows when documents, collections or indexes change in a way that older versions cannot work with: once for each
 * release, however many collections are new in it.
 */
export const SCHEMA_VERSION = 2

export type Indexes = Readonly<Record<string, readonly IndexDescription[]>>

interface Schema {
  readonly _id: string
  readonly version: number
}

/**
 * Throws StoreError `newer-schema` or `missing-index` with one sentence for the operator. Several processes may start at
 * the same time: making an index that is there does nothing, and the version is written when all are made.
 */
export async function ensureSchema(db: Db, indexes: Indexes, version = SCHEMA_VERSION): Promise<void> {
  const meta = db.collection<Schema>('meta')
  const found = await retried(() => meta.findOne({ _id: 'schema' }))
  if (found && found.version > version) {
    throw new StoreError(
      'newer-schema',
      `The database has schema version ${found.version}, this Rollcall knows ${version}: start a newer Rollcall.`,
    )
  }
  if (found) {
    if (found.version < version) await makeWhereEmpty(db, indexes)
    await demandIndexes(db, indexes)
  } else {
    for (const [name, wanted] of Object.entries(indexes)) await make(db, name, wanted)
  }
  if (found?.version === version) return
  await upserted(() => meta.updateOne({ _id: 'schema' }, { $max: { version } }, { upsert: true }))
}

async function makeWhereEmpty(db: Db, indexes: Indexes): Promise<void> {
  for (const [name, wanted] of Object.entries(indexes)) {
    const missing = await missingOf(db, name, wanted)
    if (missing.length > 0 && (await isEmpty(db, name))) await make(db, name, missing)
  }
}

async function make(db: Db, name: string, wanted: readonly IndexDescription[]): Promise<void> {
  if (wanted.length > 0) await retried(() => db.collection(name).createIndexes([...wanted]))
}

/** An index is never made over what is there by a start: under load that is the operator's decision (docs/scaling.md). */
async function demandIndexes(db: Db, indexes: Indexes): Promise<void> {
  const lacking: string[] = []
  const commands: string[] = []
  for (const [name, wanted] of Object.entries(indexes)) {
    for (const missing of await missingOf(db, name, wanted)) {
      lacking.push(`${name} ${JSON.stringify(missing.key)}`)
      commands.push(createCommand(name, missing))
    }
  }
  if (commands.length === 0) return
  throw new StoreError(
    'missing-index',
    `The database lacks ${lacking.length === 1 ? 'the index' : 'the indexes'} ${lacking.join(', ')}: ` +
      `create with ${commands.join('; ')} and start again.`,
  )
}

function createCommand(name: string, { key, unique, sparse }: IndexDescription): string {
  const options = { ...(unique && { unique }), ...(sparse && { sparse }) }
  const rest = Object.keys(options).length === 0 ? '' : `, ${JSON.stringify(options)}`
  return `db.${name}.createIndex(${JSON.stringify(key)}${rest})`
}

async function missingOf(
  db: Db,
  name: string,
  wanted: readonly IndexDescription[],
): Promise<IndexDescription[]> {
  if (wanted.length === 0) return []
  const listed = await retried(() => db.collection(name).indexes()).catch(nothingThere)
  const there = new Set(listed.map((index) => signOf(index)))
  return wanted.filter((index) => !there.has(signOf(index)))
}

/** NamespaceNotFound: the collection is not made yet. */
function nothingThere(error: unknown): [] {
  if (error instanceof Error && 'code' in error && error.code === 26) return []
  throw error
}

/** One of the same keys that is not unique keeps no promise. */
function signOf({ key, unique }: { key: IndexDescription['key']; unique?: boolean }): string {
  return JSON.stringify([key, unique === true])
}

async function isEmpty(db: Db, name: string): Promise<boolean> {
  return (await retried(() => db.collection(name).findOne({}, { projection: { _id: 1 } }))) === null
}
