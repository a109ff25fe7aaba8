import SqliteDatabase from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Fact } from '../../src/attempts/fact.ts'
import type { Database } from '../../src/store/sqlite/database.ts'
import { createFrameWriter, splitFact } from '../../src/store/sqlite/metering/fact-frames.ts'
import { migrate } from '../../src/store/sqlite/schema/migrations.ts'

const fact: Fact = {
  statementId: '6690e6c9-3ef0-4ed3-8b37-7f3964730bee',
  learner: 'mbox:mailto:ada@example.org',
  name: 'Ada',
  verb: 'http://adlnet.gov/expapi/verbs/answered',
  object: { id: 'https://lms.example/c/1', type: 'http://adlnet.gov/expapi/activities/lesson' },
  parents: [],
  groupings: [{ id: 'https://lms.example/c' }],
  source: 'scorm-profile',
  scorm: true,
  keys: [{ kind: 'K2', key: 's-1' }],
  registration: 'r-1',
  at: 5,
  scaled: 0.5,
  categories: ['https://w3id.org/xapi/scorm'],
  credential: 'c-1',
  purpose: 'learner',
  subAccount: 'sub',
}

describe('the frame of a fact', () => {
  it('and the rest say what the fact says, but for the learner', () => {
    const { frame, data } = splitFact(fact)
    expect({ ...JSON.parse(frame ?? ''), ...JSON.parse(data), learner: fact.learner }).toEqual(fact)
  })

  it('says nothing of the learner, nor of this use', () => {
    const other = { ...fact, statementId: 'x', learner: 'y', name: 'z', keys: [], registration: 'r', at: 6 }
    expect(splitFact({ ...other, scaled: 1, success: true, durationMs: 9 }).frame).toBe(splitFact(fact).frame)
  })

  it('is none where the object is a person or a statement: it would outlive them', () => {
    for (const type of ['Agent', 'Group', 'StatementRef', 'SubStatement']) {
      const about = { ...fact, object: { id: 'mbox:mailto:grace@example.org', type } }
      const { frame, data } = splitFact(about)
      expect(frame).toBe(null)
      expect({ ...JSON.parse(data), learner: fact.learner }).toEqual(about)
    }
  })
})

describe('frames', () => {
  let db: Database
  let rollback: () => void
  const writer = () =>
    createFrameWriter(db, {
      onRollback: (forget) => {
        rollback = forget
      },
    })
  const stored = () => db.prepare('SELECT number, tenant, data FROM fact_frame ORDER BY number').raw().all()
  beforeEach(() => {
    db = new SqliteDatabase(':memory:')
    migrate(db)
  })

  it('are stored once for each tenant', () => {
    const { numberOf } = writer()
    const numbers = [numberOf('t', 'a'), numberOf('t', 'b'), numberOf('t', 'a'), numberOf('u', 'a')]
    expect(numbers).toEqual([1, 2, 1, 3])
    expect(stored()).toEqual([
      [1, 't', 'a'],
      [2, 't', 'b'],
      [3, 'u', 'a'],
    ])
  })

  it('are found again by whoever does not remember them', () => {
    const { numberOf, distrust } = writer()
    numberOf('t', 'a')
    distrust()
    expect(numberOf('t', 'a')).toBe(1)
    expect(stored()).toHaveLength(1)
  })

  it('of a commit that is rolled back are not remembered', () => {
    const { numberOf } = writer()
    db.exec('BEGIN')
    numberOf('t', 'a')
    db.exec('ROLLBACK')
    rollback()
    expect(numberOf('t', 'b')).toBe(1)
    expect(numberOf('t', 'a')).toBe(2)
  })

  it('that are damaged get another number, for every writer of the connection', () => {
    const [one, other] = [writer(), writer()]
    one.numberOf('t', 'a')
    db.exec("UPDATE fact_frame SET data = '?'")
    other.distrust()
    expect(other.numberOf('t', 'a')).toBe(2)
    expect(one.numberOf('t', 'a')).toBe(2)
    expect(stored()).toEqual([
      [1, 't', '?'],
      [2, 't', 'a'],
    ])
  })
})
