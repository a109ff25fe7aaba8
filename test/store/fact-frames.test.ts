import { readFileSync } from 'node:fs'
import SqliteDatabase from 'better-sqlite3'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Fact } from '../../src/attempts/fact.ts'
import { factsOf } from '../../src/attempts/facts.ts'
import type { Database } from '../../src/store/sqlite/database.ts'
import { createFrameWriter, joinParts, splitFact } from '../../src/store/sqlite/metering/fact-frames.ts'
import { type FactRow, factReader, factsReader } from '../../src/store/sqlite/metering/fact-rows.ts'
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

/** Of the sample of the SCORM profile, with another attempt. */
function framesOf(attempt: string): readonly (string | null)[] {
  const text = readFileSync('statements/scorm-profile/session.json', 'utf8')
  const { steps } = JSON.parse(text.replaceAll(/attemptId=[0-9a-f-]{36}/g, `attemptId=${attempt}`)) as {
    steps: { statement: Parameters<typeof factsOf>[0] }[]
  }
  const origin = { idGiven: true, credential: 'c', purpose: 'learner' as const }
  return steps
    .flatMap(({ statement }) => factsOf(statement, { ...origin, statementId: statement.id ?? '' }))
    .map((one) => splitFact(one).frame)
}

describe('the frame of a fact', () => {
  it('and the rest say what the fact says, but for the learner', () => {
    const { frame, data } = splitFact(fact)
    const lists = { parents: [], keys: [], groupings: [] }
    expect({ ...lists, ...JSON.parse(frame ?? ''), ...JSON.parse(data), learner: fact.learner }).toEqual(fact)
    expect({ ...lists, ...JSON.parse(joinParts(frame ?? '', data)), learner: fact.learner }).toEqual(fact)
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
      expect({ parents: [], ...JSON.parse(data), learner: fact.learner }).toEqual(about)
    }
  })

  it('is the same for every attempt at a SCO of the SCORM profile, and names none', () => {
    const attempts = ['6f1c0d0e-0b1d-4c57-9b0e-1d3f3a5b7c11', '7f1c0d0e-0b1d-4c57-9b0e-1d3f3a5b7c22']
    const [one, other] = attempts.map((attempt) => framesOf(attempt))
    expect(one).toEqual(other)
    expect(JSON.stringify(one)).not.toContain(attempts[0])
    expect(new Set(one).size).toBeGreaterThan(1)
  })

  it('is none where the object is an attempt itself, or where it is long', () => {
    const attempt = 'http://adlnet.gov/expapi/activities/attempt'
    for (const object of [
      { id: 'https://lms.example/a/1', type: attempt },
      { id: 'https://lms.example/c?attemptId=1' },
    ])
      expect(splitFact({ ...fact, object }).frame).toBe(null)
    expect(splitFact({ ...fact, object: { id: `https://lms.example/${'x'.repeat(2_000)}` } }).frame).toBe(
      null,
    )
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

  /** Met before. */
  const met = (frames: ReturnType<typeof writer>, tenant: string, frame: string): number | null => {
    frames.numberOf(tenant, frame)
    return frames.numberOf(tenant, frame)
  }

  it('are stored when they are met again, once for each tenant', () => {
    const { numberOf } = writer()
    const given = [
      ['t', 'a'],
      ['t', 'b'],
      ['t', 'a'],
      ['u', 'a'],
      ['t', 'a'],
      ['u', 'a'],
    ] as const
    expect(given.map(([tenant, frame]) => numberOf(tenant, frame))).toEqual([null, null, 1, null, 1, 2])
    expect(stored()).toEqual([
      [1, 't', 'a'],
      [2, 'u', 'a'],
    ])
  })

  it('are found again by whoever does not remember them', () => {
    const frames = writer()
    met(frames, 't', 'a')
    rollback()
    expect(met(frames, 't', 'a')).toBe(1)
    expect(stored()).toHaveLength(1)
  })

  it('of a commit that is rolled back are not remembered', () => {
    const frames = writer()
    db.exec('BEGIN')
    met(frames, 't', 'a')
    db.exec('ROLLBACK')
    rollback()
    expect(met(frames, 't', 'b')).toBe(1)
    expect(met(frames, 't', 'a')).toBe(2)
  })

  it('that are damaged get another number, for every writer of the connection', () => {
    const [one, other] = [writer(), writer()]
    met(one, 't', 'a')
    db.exec("UPDATE fact_frame SET data = '?'")
    expect(other.soundNumberOf('t', 'a')).toBe(2)
    expect(one.numberOf('t', 'a')).toBe(2)
    expect(one.soundNumberOf('t', 'a')).toBe(2)
    expect(stored()).toEqual([
      [1, 't', '?'],
      [2, 't', 'a'],
    ])
  })

  it('never get the number of one that was lost: readers remember what it stood for', () => {
    const frames = writer()
    const row = (frame: number | null): FactRow => [1, 'ifi', frame, '{}', 1, 0]
    const remembering = factsReader(db)
    expect(remembering(row(met(frames, 't', '{"verb":"a"}'))).verb).toBe('a')
    db.exec('DELETE FROM fact_frame')
    const number = met(frames, 't', '{"verb":"b"}')
    expect(factReader(db)(row(number)).verb).toBe('b')
    expect(remembering(row(number)).verb).toBe('b')
  })
})
