/** CredentialStore on MongoDB. A key is unique over all tenants: it is how a request finds its own. */
import type { Db } from 'mongodb'
import type { Credential, CredentialStore } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { insertOnce, retried, type Written } from '../driver/writing.ts'

type CredentialDocument = Credential & Written & { readonly _id: string }

const SHOWN = { projection: { _id: 0, by: 0 } } as const

export function createCredentialStore(db: Db): CredentialStore {
  const credentials = db.collection<CredentialDocument>('credentials')
  return {
    create: async (credential) => {
      const _id = keyOf(credential.tenant, credential.id)
      return (await insertOnce(credentials, { ...credential, _id })) ? 'created' : 'taken'
    },
    byKey: (key) => credentials.findOne({ key }, SHOWN),
    list: (tenant) => credentials.find({ tenant }, SHOWN).sort({ created: 1, id: 1 }).toArray(),
    setSecrets: async (tenant, id, secretHashes) => {
      const set = { $set: { secretHashes } }
      const { matchedCount } = await retried(() => credentials.updateOne({ _id: keyOf(tenant, id) }, set))
      return matchedCount === 1
    },
    remove: async (tenant, id) => {
      const { deletedCount } = await retried(() => credentials.deleteOne({ _id: keyOf(tenant, id) }))
      return deletedCount === 1
    },
  }
}
