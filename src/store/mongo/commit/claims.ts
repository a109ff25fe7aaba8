/**
 * Claiming ids for a batch: each statement is written under its id before the batch is decided, and is no statement until
 * then. In sorted order and one after the other, so that two batches that want the same ids can wait for each other without
 * waiting in a circle; nothing but claims is waited for while any is held (ruling 28).
 */
import { MongoBulkWriteError } from 'mongodb'
import { isDuplicate, retried } from '../driver/writing.ts'
import type { StatementCollections, StatementDoc } from '../schema/collections.ts'
import { batchOf, claimedFor, describedBy } from './claim-keys.ts'
import type { Journal } from './journal.ts'

/** One command; the server takes 48 MB, the stand-ins less. */
const COMMAND_BYTES = 12 * 1024 * 1024
const COMMAND_DOCUMENTS = 1_000

/** A statement that is there, under an id we wanted. */
export type Taken = StatementDoc & { readonly seq: number }

export interface Claims {
  /**
   * Writes the claims. @returns false as soon as an id turns out to be taken: then the batch must be looked at again
   * @param waits for an id that is not decided yet; else it counts as taken
   */
  claim(docs: readonly StatementDoc[], waits: boolean): Promise<boolean>
  /** What has the id, once it is decided; null when it is free. Holding no claim: may be called for any id. */
  decided(doc: StatementDoc): Promise<Taken | null>
  /** For readers: what has the id now. A committed claim is completed; one that is not decided is not there. */
  ifCommitted(doc: Pick<StatementDoc, '_id' | 'tenant' | 'claim'>): Promise<Taken | null>
}

export function createClaims({ statements }: StatementCollections, journal: Journal): Claims {
  const find = (_id: string): Promise<StatementDoc | null> => retried(() => statements.findOne({ _id }))
  const decided: Claims['decided'] = async (doc) => {
    let found: StatementDoc | null = doc
    while (found) {
      const { _id, seq } = found
      if (seq !== undefined) return { ...found, seq }
      const batch = batchOf(found)
      await journal.awaitDecision(batch)
      // Complete: then it is visible, and this finds nothing. Else its journal was aborted: undone, or written after that.
      await retried(() => statements.deleteOne({ ...claimedFor(batch), _id }))
      found = await find(_id)
    }
    return null
  }
  const standingOf = async (doc: StatementDoc, waits: boolean): Promise<'ours' | 'taken' | 'free'> => {
    const found = await find(doc._id)
    if (!found) return 'free'
    // The command was sent twice.
    if (found.seq === undefined && batchOf(found) === batchOf(doc)) return 'ours'
    return !waits || (await decided(found)) ? 'taken' : 'free'
  }
  /** Claims one command's worth. */
  const claimSome = async (docs: readonly StatementDoc[], waits: boolean): Promise<boolean> => {
    for (let next = 0; next < docs.length; ) {
      const failed = await tryInsert(docs.slice(next))
      if (failed === null) return true
      next += failed
      const standing = await standingOf(docs[next] as StatementDoc, waits)
      if (standing === 'taken') return false
      if (standing === 'ours') next += 1
    }
    return true
  }
  /** @returns the index of the first that could not be inserted; null when all were */
  const tryInsert = async (docs: readonly StatementDoc[]): Promise<number | null> => {
    try {
      await retried(() => statements.insertMany([...docs], { ordered: true }))
      return null
    } catch (error) {
      if (!isDuplicate(error) || !(error instanceof MongoBulkWriteError)) throw error
      const [first] = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors]
      if (!first) throw error
      return first.index
    }
  }
  return {
    decided,
    ifCommitted: async (claim) => {
      const batch = batchOf(claim)
      if (await journal.isCommitted(batch)) await journal.awaitDecision(batch)
      const found = await find(claim._id)
      return found?.seq === undefined ? null : { ...found, seq: found.seq }
    },
    claim: async (docs, waits) => {
      for (const command of commandsOf(docs.toSorted((a, b) => (a._id < b._id ? -1 : 1)))) {
        if (!(await claimSome(command, waits))) return false
      }
      return true
    },
  }
}

function commandsOf(docs: readonly StatementDoc[]): StatementDoc[][] {
  const commands: StatementDoc[][] = []
  let bytes = 0
  for (const doc of docs) {
    // Text is at most three bytes a character, and mostly one.
    const beside = [...doc.facts.map(({ data }) => data), ...describedBy(doc).map(({ text }) => text)]
    const size = beside.reduce((sum, text) => sum + text.length, Buffer.byteLength(doc.raw) + 1_000)
    const current = commands.at(-1)
    if (current && bytes + size <= COMMAND_BYTES && current.length < COMMAND_DOCUMENTS) {
      current.push(doc)
      bytes += size
      continue
    }
    commands.push([doc])
    bytes = size
  }
  return commands
}
