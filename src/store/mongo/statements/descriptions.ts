/** DescriptionStore on MongoDB, and its writer, which is part of applying a committed batch. */
import type { Description } from '../../../xapi/description.ts'
import { type DescriptionStore, MOST_DESCRIPTIONS, type TenantId } from '../../ports.ts'
import { describedBy, seqOf } from '../commit/claim-keys.ts'
import type { Commit } from '../commit/journal.ts'
import { upsertAll } from '../driver/bulk.ts'
import { digest, keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import type { DescriptionDoc, StatementCollections, StatementDoc } from '../schema/collections.ts'

export type NoteDescriptions = (commit: Commit, claims: readonly StatementDoc[]) => Promise<void>

/** Subjects whose newest description is remembered, and for how long: another process may have told something else since. */
const REMEMBERED = 100_000
const FRESH_MS = 60_000

export function descriptionNotes({
  descriptions,
}: Pick<StatementCollections, 'descriptions'>): NoteDescriptions {
  const newest = new Map<string, Newest>()
  return async (commit, claims) => {
    const { fresh, told } = newsIn(commit, claims, newest)
    await upsertAll(descriptions, fresh)
    if (newest.size > REMEMBERED) newest.clear()
    for (const [subject, one] of told) newest.set(subject, one)
  }
}

interface Newest {
  readonly hash: string
  readonly stored: number
}

/** What of a batch is not known to be the newest of its subject: this is asked again at each change within the batch. */
function newsIn(
  { tenant, stored }: Commit,
  claims: readonly StatementDoc[],
  newest: ReadonlyMap<string, Newest>,
) {
  const fresh = new Map<string, DescriptionChange>()
  const told = new Map<string, Newest>()
  const all = claims.flatMap((claim) => describedBy(claim).map((one) => ({ one, seq: seqOf(claim) })))
  for (const { one, seq } of all.toSorted((a, b) => a.seq - b.seq)) {
    const subject = keyOf(tenant, one.kind, one.subject)
    const before = told.get(subject) ?? newest.get(subject)
    if (before !== undefined && before.hash === one.hash && stored - before.stored < FRESH_MS) continue
    told.set(subject, { hash: one.hash, stored })
    const change = changeOf(tenant, one, seq, fresh)
    fresh.set(change._id, change)
  }
  return { fresh: [...fresh.values()], told }
}

type DescriptionChange = ReturnType<typeof changeOf>

/** @param others of the same batch: one document is written once */
function changeOf(
  tenant: TenantId,
  { kind, subject, hash, text }: Description,
  seq: number,
  others: ReadonlyMap<string, { readonly update: { readonly $min: { readonly first: number } } }>,
) {
  const key = digest(subject)
  const _id = keyOf(tenant, kind, key, hash)
  const $min = others.get(_id)?.update.$min ?? { first: seq }
  return {
    _id,
    update: { $setOnInsert: { tenant, kind, subject: key, hash, text }, $min, $max: { last: seq } },
  }
}

export function createDescriptionStore({
  descriptions,
}: Pick<StatementCollections, 'descriptions'>): DescriptionStore {
  const textsOf = async (
    tenant: TenantId,
    kind: DescriptionDoc['kind'],
    subject: string,
  ): Promise<string[]> => {
    const filter = { tenant, kind, subject: digest(subject) }
    const found = await retried(() =>
      descriptions
        .find(filter, { projection: { text: 1 } })
        .sort({ last: -1, _id: 1 })
        .limit(MOST_DESCRIPTIONS)
        .toArray(),
    )
    return found.map(({ text }) => text)
  }
  const read = async (tenant: TenantId, kind: DescriptionDoc['kind'], subjects: readonly string[]) => {
    const found = await Promise.all(
      [...new Set(subjects)].map(async (subject) => [subject, await textsOf(tenant, kind, subject)] as const),
    )
    return new Map(found.filter(([, texts]) => texts.length > 0))
  }
  return {
    definitionsOf: (tenant, subjects) => read(tenant, 'activity', subjects),
    namesOf: (tenant, subjects) => read(tenant, 'agent', subjects),
  }
}
