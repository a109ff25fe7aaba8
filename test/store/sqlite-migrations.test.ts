import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/store/sqlite/database.ts'
import { factTimesSchema } from '../../src/store/sqlite/schema/fact-times.ts'
import { totalPartsSchema } from '../../src/store/sqlite/schema/metering.ts'
import { MIGRATIONS, migrate } from '../../src/store/sqlite/schema/migrations.ts'

describe('migrate', () => {
  let db: Database
  const version = () => db.pragma('user_version', { simple: true })
  beforeEach(() => {
    db = new SqliteDatabase(':memory:')
    migrate(db)
    db.exec("INSERT INTO tenant VALUES ('t', 'slug', 'name', 1)")
  })
  afterEach(() => {
    db.close()
  })

  it('brings an older file up, with what is in it', () => {
    migrate(db, [...MIGRATIONS, "ALTER TABLE tenant ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'"])
    expect(version()).toBe(MIGRATIONS.length + 1)
    expect(db.prepare('SELECT id, colour FROM tenant').all()).toEqual([{ id: 't', colour: 'red' }])
  })

  it('changes nothing when a step fails', () => {
    const failing = [
      ...MIGRATIONS,
      'ALTER TABLE tenant ADD COLUMN colour TEXT',
      'ALTER TABLE nowhere ADD COLUMN x',
    ]
    expect(() => migrate(db, failing)).toThrow('nowhere')
    expect(version()).toBe(MIGRATIONS.length)
    expect(() => db.prepare('SELECT colour FROM tenant')).toThrow('no such column')
  })

  it('gives facts of an older file the receipt and the voiding of their statements', () => {
    const old: Database = new SqliteDatabase(':memory:')
    migrate(old, MIGRATIONS.slice(0, MIGRATIONS.indexOf(factTimesSchema)))
    old.exec(`
      INSERT INTO statement (seq, tenant, id, stored, version, origin, voided, terms, raw)
        VALUES (1, 1, x'01', 500, '1.0.3', 1, 0, '', ''), (2, 1, x'02', 600, '1.0.3', 1, 1, '', '');
      INSERT INTO provenance VALUES (2, 7, NULL);
      INSERT INTO fact VALUES (1, 1, '{}'), (2, 1, '{}')`)
    migrate(old)
    const facts = old.prepare('SELECT * FROM fact ORDER BY seq').all()
    old.close()
    expect(facts).toEqual([
      { identity: 1, seq: 1, frame: null, data: '{}', received: 500, voided: 0 },
      { identity: 1, seq: 2, frame: null, data: '{}', received: 7, voided: 1 },
    ])
  })

  it('counts the totals of an older file in parts', () => {
    const old: Database = new SqliteDatabase(':memory:')
    migrate(old, MIGRATIONS.slice(0, MIGRATIONS.indexOf(totalPartsSchema)))
    old.exec(`
      INSERT INTO counted VALUES ('t', 'abc-1', 'p', 1, 5, 'k', 's', 1, 1, 'r'), ('t', 'abc-2', 'p', 1, 5, 'k', 's', 1, 1, 'r'),
        ('t', 'abd-1', 'p', 1, 5, 'k', 's', 1, 1, 'r'), ('t', 'abc-1', 'p', 1, 6, 'k', 's', 1, 1, 'r');
      INSERT INTO qualified VALUES ('t', 'abc-1', 'p', 1, 1), ('t', 'abc-1', 'p', 2, 1), ('t', 'abd-1', 'p', 1, 1)`)
    migrate(old)
    const windows = old.prepare('SELECT window_start AS start, bucket, keys FROM window_part').all()
    const policies = old.prepare('SELECT bucket, learners FROM policy_part').all()
    old.close()
    expect(windows).toEqual([
      { start: 5, bucket: 'abc', keys: 2 },
      { start: 5, bucket: 'abd', keys: 1 },
      { start: 6, bucket: 'abc', keys: 1 },
    ])
    expect(policies).toEqual([
      { bucket: 'abc', learners: 1 },
      { bucket: 'abd', learners: 1 },
    ])
  })

  it('does nothing on the newest version', () => {
    migrate(db)
    expect(db.prepare('SELECT count(*) FROM tenant').pluck().get()).toBe(1)
  })

  it('refuses a newer file and leaves it alone', () => {
    const newer = MIGRATIONS.length + 1
    db.pragma(`user_version = ${newer}`)
    expect(() => migrate(db)).toThrow(`schema version ${newer}`)
    expect(version()).toBe(newer)
  })
})
