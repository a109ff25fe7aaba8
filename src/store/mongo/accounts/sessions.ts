/** Cmi5SessionStore on MongoDB. A key is unique over all tenants, as a credential's is. */
import type { Db } from 'mongodb'
import type { Cmi5Session, Cmi5SessionStore } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { insertOnce, retried, type Written } from '../driver/writing.ts'

type SessionDocument = Cmi5Session & Written & { readonly _id: string }

const SHOWN = { projection: { _id: 0, by: 0 } } as const

export function createCmi5SessionStore(db: Db): Cmi5SessionStore {
  const sessions = db.collection<SessionDocument>('cmi5_sessions')
  return {
    create: async (session) => {
      const _id = keyOf(session.tenant, session.id)
      return (await insertOnce(sessions, { ...session, _id })) ? 'created' : 'taken'
    },
    byKey: (key) => sessions.findOne({ key }, SHOWN),
    byId: (tenant, id) => sessions.findOne({ _id: keyOf(tenant, id) }, SHOWN),
    open: async (tenant, id, secretHash) => {
      const _id = keyOf(tenant, id)
      await retried(() => sessions.updateOne({ _id, secretHash: null }, { $set: { secretHash } }))
      // The write may have been sent twice: what stands there says whose it was.
      const majority = { readConcern: { level: 'majority' } } as const
      return (await sessions.findOne({ _id }, majority))?.secretHash === secretHash
    },
    remove: async (tenant, id) => {
      const { deletedCount } = await retried(() => sessions.deleteOne({ _id: keyOf(tenant, id) }))
      return deletedCount === 1
    },
    prune: async (tenant, before, limit) => {
      const old = await sessions
        .find({ tenant, expires: { $lt: before } }, { projection: { _id: 1 } })
        .sort({ expires: 1 })
        .limit(limit)
        .toArray()
      if (old.length === 0) return 0
      const ids = old.map(({ _id }) => _id)
      await retried(() => sessions.deleteMany({ _id: { $in: ids } }))
      return ids.length
    },
  }
}
