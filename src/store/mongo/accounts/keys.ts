/** KeyStore on MongoDB: whoever inserts first decides, so all racers get the same value. */
import type { Db } from 'mongodb'
import type { KeyStore } from '../../ports.ts'
import { upserted } from '../driver/writing.ts'

interface KeyDocument {
  readonly _id: string
  readonly value: string
}

export function createKeyStore(db: Db): KeyStore {
  const keys = db.collection<KeyDocument>('keys')
  return {
    getOrCreate: async (name, fresh) => {
      const stored = await upserted(() =>
        keys.findOneAndUpdate(
          { _id: name },
          { $setOnInsert: { value: fresh } },
          { upsert: true, returnDocument: 'after' },
        ),
      )
      return stored?.value ?? fresh
    },
  }
}
