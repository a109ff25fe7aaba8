/** StudyStore on MongoDB. */
import type { Collection, Db, IndexDescription } from 'mongodb'
import type { Study, StudyStore, TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried, upserted } from '../driver/writing.ts'
import { heldLease } from './leases.ts'

interface StudyDoc {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  /** When it was asked; only while it is neither done nor failed. */
  readonly open?: number
  /** Only when it is. */
  readonly ended?: number
  /** The Study as JSON text. */
  readonly data: string
}

export const STUDY_COLLECTIONS = {
  studies: [
    { key: { tenant: 1, open: 1 } },
    { key: { open: 1 }, sparse: true },
    { key: { ended: 1 }, sparse: true },
  ],
} as const satisfies Readonly<Record<string, readonly IndexDescription[]>>

export function createStudyStore(db: Db): StudyStore {
  const studies: Collection<StudyDoc> = db.collection('studies')
  const held = heldLease(db)
  const asDocument = (tenant: TenantId, study: Study) => {
    const { asked, ended } = study
    const data = JSON.stringify(study)
    return ended === null
      ? { $set: { tenant, data, open: asked } }
      : { $set: { tenant, data, ended }, $unset: { open: 1 as const } }
  }
  return {
    add: async (tenant, study) => {
      const _id = keyOf(tenant, study.id)
      await upserted(() => studies.updateOne({ _id }, asDocument(tenant, study), { upsert: true }))
    },
    byId: async (tenant, id) => {
      const found = await retried(() => studies.findOne({ _id: keyOf(tenant, id) }))
      return found && studyOf(found)
    },
    open: async (limit) => {
      const found = await studies
        .find({ open: { $gt: 0 } })
        .sort({ open: 1 })
        .limit(limit)
        .toArray()
      return found.map((one) => ({ tenant: one.tenant, study: studyOf(one) }))
    },
    countOpen: (tenant) => studies.countDocuments({ tenant, open: { $gt: 0 } }),
    save: async (lease, tenant, study) => {
      if (!(await held(lease))) return 'fenced'
      const mine = { _id: keyOf(tenant, study.id) }
      const { matchedCount } = await retried(() => studies.updateOne(mine, asDocument(tenant, study)))
      return matchedCount === 1 ? 'saved' : 'gone'
    },
    remove: async (tenant, id) =>
      (await retried(() => studies.deleteOne({ _id: keyOf(tenant, id) }))).deletedCount === 1,
    removeEnded: async (before) => {
      await retried(() => studies.deleteMany({ ended: { $lt: before } }))
    },
  }
}

function studyOf({ data }: StudyDoc): Study {
  return JSON.parse(data) as Study
}
