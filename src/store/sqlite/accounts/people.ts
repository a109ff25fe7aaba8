/** PersonStore on SQLite. E-mail addresses are compared as given: making them canonical is a rule, not storage. */

import type { Remote } from '../../calls.ts'
import type { Person, PersonStore, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'

interface PersonRow {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly roles: string
  readonly passwordHash: string
  readonly created: number
}

const COLUMNS = 'id, email, name, roles, password_hash AS passwordHash, created'

export function personWrites(db: Database) {
  const insert = db.prepare(
    `INSERT INTO person (tenant, id, email, name, roles, password_hash, created)
     VALUES (@tenant, @id, @email, @name, @roles, @passwordHash, @created) ON CONFLICT DO NOTHING`,
  )
  const remove = db.prepare('DELETE FROM person WHERE tenant = ? AND id = ?')
  return {
    createPerson: (tenant: TenantId, person: Person): 'created' | 'taken' => {
      const added = insert.run({ ...person, tenant, roles: JSON.stringify(person.roles) }).changes
      return added === 1 ? 'created' : 'taken'
    },
    removePerson: (tenant: TenantId, id: string): boolean => remove.run(tenant, id).changes === 1,
  }
}

export function personReads(db: Database) {
  const all = db.prepare<[string], PersonRow>(
    `SELECT ${COLUMNS} FROM person WHERE tenant = ? ORDER BY created, id`,
  )
  const byEmail = db.prepare<[string, string], PersonRow>(
    `SELECT ${COLUMNS} FROM person WHERE tenant = ? AND email = ?`,
  )
  const byId = db.prepare<[string, string], PersonRow>(
    `SELECT ${COLUMNS} FROM person WHERE tenant = ? AND id = ?`,
  )
  return {
    people: (tenant: TenantId): readonly Person[] => all.all(tenant).map(personOf),
    personByEmail: (tenant: TenantId, email: string): Person | null => orNull(byEmail.get(tenant, email)),
    personById: (tenant: TenantId, id: string): Person | null => orNull(byId.get(tenant, id)),
  }
}

function orNull(row: PersonRow | undefined): Person | null {
  return row ? personOf(row) : null
}

function personOf(row: PersonRow): Person {
  return { ...row, roles: JSON.parse(row.roles) as Person['roles'] }
}

export function createPersonStore(
  writes: Remote<ReturnType<typeof personWrites>>,
  reads: Remote<ReturnType<typeof personReads>>,
): PersonStore {
  return {
    create: writes.createPerson,
    list: reads.people,
    byEmail: reads.personByEmail,
    byId: reads.personById,
    remove: writes.removePerson,
  }
}
