import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/store/sqlite/database.ts'
import { MIGRATIONS, migrate } from '../../src/store/sqlite/migrations.ts'

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

  it('does nothing on the newest version', () => {
    migrate(db)
    expect(db.prepare('SELECT count(*) FROM tenant').pluck().get()).toBe(1)
  })

  it('refuses a newer file and leaves it alone', () => {
    db.pragma('user_version = 7')
    expect(() => migrate(db)).toThrow(/schema version 7/)
    expect(version()).toBe(7)
  })
})
