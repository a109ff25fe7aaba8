/** Facts as they are read: their two parts put together. */
import type { Fact, StoredFact } from '../../../attempts/fact.ts'
import { StoreError } from '../../store-error.ts'
import type { Database } from '../database.ts'

/** Columns rather than members: there are so many of them. */
export type FactRow = [
  seq: number,
  ifi: string,
  frame: number | null,
  data: string,
  received: number,
  voided: number,
]

/** Of `fact f` and its `identity i`. */
export const FACT = 'f.seq, i.ifi, f.frame, f.data, f.received, f.voided'

/** Frames remembered, as what they say. */
const REMEMBERED = 8_192

/** @returns of a row, the fact as it stands. @throws StoreError `damaged` */
export function factReader(db: Database): (row: FactRow) => StoredFact {
  const frameOf = frameReader(db)
  return (row) => factOf(row, frameOf)
}

/** The same for many: a frame is read once, so that damage done to it later is not noticed. */
export function factsReader(db: Database): (row: FactRow) => StoredFact {
  const read = frameReader(db)
  const known = new Map<number, object>()
  const frameOf: FrameOf = (number, seq) => {
    const found = known.get(number)
    if (found) return found
    const frame = read(number, seq)
    if (known.size >= REMEMBERED) known.clear()
    known.set(number, frame)
    return frame
  }
  return (row) => factOf(row, frameOf)
}

/** Lists are stored when something is in them. */
const NONE: readonly never[] = []

type FrameOf = (number: number, seq: number) => object

function frameReader(db: Database): FrameOf {
  const find = db.prepare<[number], string>('SELECT data FROM fact_frame WHERE number = ?').pluck()
  return (number, seq) => parsed(find.get(number), seq)
}

function factOf([seq, learner, frame, data, stored, voided]: FactRow, frameOf: FrameOf): StoredFact {
  const common = frame === null ? null : frameOf(frame, seq)
  // Onto the object just parsed: copying its many members costs three times what parsing does.
  const fact = Object.assign(parsed(data, seq) as Partial<Fact>, common, {
    learner,
    seq,
    stored,
    voided: voided === 1,
  })
  return Object.assign(fact, {
    keys: fact.keys ?? NONE,
    parents: fact.parents ?? NONE,
    groupings: fact.groupings ?? NONE,
  }) as StoredFact
}

function parsed(data: string | undefined, seq: number): object {
  const value = data === undefined ? undefined : jsonOf(data)
  if (typeof value === 'object' && value !== null) return value
  // Without the parser's sentence: it would quote what may be personal.
  throw new StoreError(
    'damaged',
    `a stored fact of statement number ${seq} cannot be read: it is no JSON object`,
  )
}

function jsonOf(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
