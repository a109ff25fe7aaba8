/** Makes the indexes of collections that are empty at each start; otherwise only looks whether all is as this version needs it. */
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
  const lacking: Lacking[] = []
  for (const [name, wanted] of Object.entries(indexes))
    for (const index of await lackingOf(db, name, wanted)) lacking.push({ name, index })
  if (lacking.length > 0) throw new StoreError('missing-index', sentenceOf(lacking))
  if (found?.version === version) return
  await upserted(() => meta.updateOne({ _id: 'schema' }, { $max: { version } }, { upsert: true }))
}

interface Lacking {
  readonly name: string
  readonly index: IndexDescription
}

/**
 * Makes what is missing where nothing is stored yet. An index is never made over what is there by a start: under load that
 * is the operator's decision (docs/scaling.md).
 * @returns what is missing still
 */
async function lackingOf(
  db: Db,
  name: string,
  wanted: readonly IndexDescription[],
): Promise<readonly IndexDescription[]> {
  const missing = await missingOf(db, name, wanted)
  if (missing.length === 0) return []
  // Another process that starts as well may have made them, and stored something, since.
  if (!(await isEmpty(db, name))) return await missingOf(db, name, wanted)
  return (await make(db, name, missing)) ? [] : missing
}

/** Unauthorized: the user of ROLLCALL_STORE may not make indexes. */
const FORBIDDEN = 13

/** @returns false when that is forbidden here */
async function make(db: Db, name: string, missing: readonly IndexDescription[]): Promise<boolean> {
  try {
    await retried(() => db.collection(name).createIndexes([...missing]))
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === FORBIDDEN) return false
    throw error
  }
}

function sentenceOf(lacking: readonly Lacking[]): string {
  const names = lacking.map(({ name, index }) => `${name} ${JSON.stringify(index.key)}`).join(', ')
  const commands = lacking.map(({ name, index }) => createCommand(name, index)).join('; ')
  const indexes = lacking.length === 1 ? 'the index' : 'the indexes'
  return `The database lacks ${indexes} ${names}: create with ${commands} and start again.`
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
