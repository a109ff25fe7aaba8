/**
 * RemovalStore on MongoDB: deleting statements (A21–A24) through the journal, which says beforehand whom they were about: when
 * the effect is run again, they may be gone. The acts themselves are in deletions.ts.
 */
import type { Tombstone } from '../../../metering/tombstone.ts'
import type { RemovalStore, TenantId } from '../../ports.ts'
import type { AttachmentTaking, AttachmentUse } from '../attachments/attachment-taking.ts'
import type { Commit, Effect } from '../commit/journal.ts'
import { byIds, chunksOf, updateAll, upsertAll, whereIn } from '../driver/bulk.ts'
import type { Core } from '../driver/core.ts'
import { identityKey, keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import { ALWAYS, markAll } from '../metering/marks.ts'
import type { StatementCollections, StatementDoc } from '../schema/collections.ts'
import type { Purged } from '../statements/purged.ts'
import type { deletionStore } from './deletions.ts'

export const HIDE = 'hide'
export const PURGE = 'purge'

interface Removal {
  readonly ids: readonly string[]
  /** identityKeys. */
  readonly who: readonly string[]
  readonly tombstones: readonly Tombstone[]
  /** The bytes they came with. */
  readonly attachments?: readonly AttachmentUse[]
}

/** Statements of one journal. */
const AT_ONCE = 500

export function createRemovalStore(
  { collections, journal }: Core,
  deletions: ReturnType<typeof deletionStore>,
): RemovalStore {
  const { statements } = collections
  const SEEN = { projection: { id: 1, who: 1, voiding: 1, voided: 1, seq: 1, attachments: 1 } } as const
  const found = async (tenant: TenantId, ids: readonly string[]) => {
    const docs = await byIds(
      statements,
      ids.map((id) => keyOf(tenant, id)),
      SEEN,
    )
    return docs.filter(({ seq, voiding }) => seq !== undefined && !voiding)
  }
  const commit = async (
    tenant: TenantId,
    kind: string,
    docs: readonly Pick<StatementDoc, 'id' | 'who' | 'attachments'>[],
    tombstones: readonly Tombstone[],
  ) => {
    if (docs.length === 0 && tombstones.length === 0) return
    const buried = tombstones.map(({ learner }) => identityKey(learner))
    const who = [...new Set([...docs.flatMap((doc) => doc.who), ...buried])]
    const attachments = docs.flatMap(({ id, attachments: own = [] }) =>
      own.map(({ sha2 }) => ({ statement: id, sha2 })),
    )
    const removal: Removal = { ids: docs.map(({ id }) => id), who, tombstones, attachments }
    await journal.commit(tenant, kind, removal)
  }
  return {
    ...deletions,
    hide: async (tenant, ids) => {
      let hidden = 0
      for (const chunk of chunksOf(ids, AT_ONCE)) {
        const docs = (await found(tenant, chunk)).filter(({ voided }) => !voided)
        await commit(tenant, HIDE, docs, [])
        hidden += docs.length
      }
      return hidden
    },
    purge: async (tenant, ids, tombstones) => {
      const docs = await found(tenant, ids)
      await commit(tenant, PURGE, docs, tombstones)
      return docs.length
    },
    // What the engine's files keep is the engine's matter (docs/operations.md).
    clean: async () => 'done',
  }
}

export function hideEffect(collections: StatementCollections): Effect {
  return async (commit, payload) => {
    const { ids, who } = payload as Removal
    await updateAll(
      collections.statements,
      ids.map((id) => ({ _id: keyOf(commit.tenant, id), update: { $set: { voided: true } } })),
    )
    await mark(collections, commit, who)
  }
}

export function purgeEffect(
  collections: StatementCollections,
  purged: Purged,
  taking: Pick<AttachmentTaking, 'release'>,
): Effect {
  const { statements, references, tombstones: kept } = collections
  return async (commit, payload) => {
    const { tenant } = commit
    const { ids, who, tombstones, attachments = [] } = payload as Removal
    await purged.remember(tenant, ids)
    await upsertAll(
      kept,
      tombstones.map((tombstone) => ({
        _id: keyOf(tenant, tombstone.id),
        update: {
          $setOnInsert: {
            tenant,
            who: identityKey(tombstone.learner),
            at: tombstone.at,
            data: JSON.stringify(tombstone),
          },
        },
      })),
    )
    for (const chunk of chunksOf(ids)) {
      const _id = { $in: chunk.map((id) => keyOf(tenant, id)) }
      await retried(() => statements.deleteMany({ _id, seq: { $gt: 0 } }))
    }
    await taking.release(commit, attachments)
    const edges = await whereIn(references, { tenant }, 'from', ids, { projection: { _id: 1 } })
    for (const chunk of chunksOf(edges.map(({ _id }) => _id)))
      await retried(() => references.deleteMany({ _id: { $in: chunk } }))
    await mark(collections, commit, who)
  }
}

async function mark(
  collections: StatementCollections,
  commit: Commit,
  who: readonly string[],
): Promise<void> {
  const identities = await byIds(
    collections.identities,
    who.map((key) => keyOf(commit.tenant, key)),
  )
  await markAll(
    collections,
    commit,
    identities.map((identity) => ({ identity, span: ALWAYS })),
  )
}
