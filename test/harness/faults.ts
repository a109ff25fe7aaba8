/** A database whose every call can be held up, made to fail before or after it happened, or never to return. */
import {
  type BulkWriteResult,
  type Collection,
  type Db,
  type Document,
  type FindCursor,
  MongoBulkWriteError,
  MongoNetworkError,
  MongoServerError,
} from 'mongodb'

export interface Call {
  /** `collection.method` */
  readonly name: string
  readonly args: readonly unknown[]
}

export type Moment = 'before' | 'after'

/** Called around every call; may wait, throw, or never return. */
type Hook = (call: Call, moment: Moment) => Promise<void> | void

interface Pause {
  /** The call is there. */
  readonly reached: Promise<Call>
  resume(): void
}

export interface Faults {
  /** The same database, its calls going through the hooks. */
  readonly db: Db
  /** Every call so far. */
  readonly calls: Call[]
  /** @returns takes the hook away */
  hook(hook: Hook): () => void
  /** Holds up the next call of this name that matches. */
  pause(name: string, moment: Moment, matches?: (call: Call) => boolean): Pause
  /** Stops forever, like a process that was killed. */
  kill(): void
}

const METHODS = new Set([
  'bulkWrite',
  'countDocuments',
  'deleteMany',
  'deleteOne',
  'distinct',
  'findOne',
  'findOneAndDelete',
  'findOneAndUpdate',
  'insertMany',
  'insertOne',
  'replaceOne',
  'updateMany',
  'updateOne',
])

/** The connection broke: whether the command was carried out depends on the moment. */
export const brokenConnection = () => new MongoNetworkError('connection 1 to test:27017 closed')
/** The same as the driver lets it through when the other side has ended the socket. */
export const brokenSocket = () => Object.assign(new Error('This socket has been ended'), { code: 'EPIPE' })
/** Two writers met (WriteConflict). */
export const writeConflict = () => new MongoServerError({ message: 'WriteConflict', code: 112 })
/** A change of primary, as the server labels it. */
export const notPrimary = () =>
  new MongoServerError({
    message: 'not primary',
    code: 10107,
    errorLabels: ['RetryableWriteError'],
  })
/** The disk of the database is full: it reads, and writes nothing (OutOfDiskSpace). */
export const noRoom = () => new MongoServerError({ message: 'No space left on device', code: 14031 })
/** The loser of two upserts of one document, as an engine says it that names no key. */
export const upsertRace = () => new MongoServerError({ message: 'E11000 duplicate key error', code: 11000 })

/** Bulk writes wrap what went wrong on the way to the server. */
function asThrownBy({ name }: Call, error: unknown): unknown {
  const isBulk = /\.(bulkWrite|insertMany)$/.test(name)
  return isBulk && error instanceof MongoNetworkError
    ? new MongoBulkWriteError(error, {} as BulkWriteResult)
    : error
}

export function withFaults(real: Db): Faults {
  const hooks = new Set<Hook>()
  const calls: Call[] = []
  let killed = false
  const run = async (call: Call, moment: Moment) => {
    try {
      for (const hook of [...hooks]) await hook(call, moment)
    } catch (error) {
      throw asThrownBy(call, error)
    }
    if (killed) await new Promise(() => undefined)
  }
  const through = async (call: Call, work: () => Promise<unknown>) => {
    calls.push(call)
    await run(call, 'before')
    const result = await work()
    await run(call, 'after')
    return result
  }
  const cursorOf = (cursor: FindCursor<Document>, call: Call): unknown =>
    new Proxy(cursor, {
      get: (target, property) => {
        const member = Reflect.get(target, property) as unknown
        if (typeof member !== 'function') return member
        if (property === 'toArray') return () => through(call, () => target.toArray())
        return (...args: unknown[]) => {
          const result = member.apply(target, args) as unknown
          return result === target ? cursorOf(target, call) : result
        }
      },
    })
  const collectionOf = (collection: Collection<Document>): Collection<Document> =>
    new Proxy(collection, {
      get: (target, property) => {
        const member = Reflect.get(target, property) as unknown
        if (typeof member !== 'function') return member
        const name = `${target.collectionName}.${String(property)}`
        return (...args: unknown[]) => {
          const work = () => member.apply(target, args) as Promise<unknown>
          if (property === 'find' || property === 'aggregate')
            return cursorOf(work() as never, { name, args })
          return METHODS.has(String(property)) ? through({ name, args }, work) : work()
        }
      },
    })
  const db = new Proxy(real, {
    get: (target, property) => {
      if (property === 'collection') return (name: string) => collectionOf(target.collection(name))
      const member = Reflect.get(target, property) as unknown
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const hook: Faults['hook'] = (added) => {
    hooks.add(added)
    return () => {
      hooks.delete(added)
    }
  }
  return {
    db,
    calls,
    hook,
    pause: (name, moment, matches = () => true) => {
      let resume: () => void = () => undefined
      const resumed = new Promise<void>((resolve) => {
        resume = resolve
      })
      const reached = new Promise<Call>((resolve) => {
        const remove = hook(async (call, at) => {
          if (call.name !== name || at !== moment || !matches(call)) return
          remove()
          resolve(call)
          await resumed
        })
      })
      return { reached, resume: () => resume() }
    },
    kill: () => {
      killed = true
    },
  }
}
