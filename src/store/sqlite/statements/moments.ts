/** The table of commits: each instant `stored` with the statements (by seq) it brought. */
import type { Database } from '../database.ts'

export interface Moment {
  readonly stored: number
  readonly lastSeq: number
}

export interface Moments {
  /** The newest commit; zeros in an empty database. */
  newest(): Moment
  /** Notes that the commit at `stored` holds the statements of these seqs; may be called again for more of them. */
  extend(stored: number, firstSeq: number, lastSeq: number): void
  /** Notes a commit without statements: the order of time must survive a restart for it too. */
  touch(stored: number): void
}

export function createMoments(db: Database): Moments {
  const newest = db.prepare<[], Moment>(
    'SELECT stored, last_seq AS lastSeq FROM moment ORDER BY stored DESC LIMIT 1',
  )
  const extend = db.prepare<[number, number, number]>(
    'INSERT INTO moment VALUES (?, ?, ?) ON CONFLICT (stored) DO UPDATE SET last_seq = excluded.last_seq',
  )
  const touch = db.prepare<[number, number, number]>('INSERT OR IGNORE INTO moment VALUES (?, ?, ?)')
  const newestOrNone = () => newest.get() ?? { stored: 0, lastSeq: 0 }
  return {
    newest: newestOrNone,
    extend: (stored, firstSeq, lastSeq) => {
      extend.run(stored, firstSeq, lastSeq)
    },
    touch: (stored) => {
      const { lastSeq } = newestOrNone()
      touch.run(stored, lastSeq + 1, lastSeq)
    },
  }
}
