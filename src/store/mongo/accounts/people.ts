/** PersonStore on MongoDB. E-mail addresses are compared as given: making them canonical is a rule, not storage. */
import type { Db } from 'mongodb'
import type { Person, PersonStore, TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { insertOnce, retried, type Written } from '../driver/writing.ts'

type PersonDocument = Person & Written & { readonly _id: string; readonly tenant: TenantId }

const SHOWN = { projection: { _id: 0, tenant: 0, by: 0 } } as const

export function createPersonStore(db: Db): PersonStore {
  const people = db.collection<PersonDocument>('people')
  return {
    create: async (tenant, person) =>
      (await insertOnce(people, { ...person, _id: keyOf(tenant, person.id), tenant })) ? 'created' : 'taken',
    list: (tenant) => people.find({ tenant }, SHOWN).sort({ created: 1, id: 1 }).toArray(),
    byEmail: (tenant, email) => people.findOne({ tenant, email }, SHOWN),
    byId: (tenant, id) => people.findOne({ _id: keyOf(tenant, id) }, SHOWN),
    remove: async (tenant, id) => {
      const { deletedCount } = await retried(() => people.deleteOne({ _id: keyOf(tenant, id) }))
      return deletedCount === 1
    },
  }
}
