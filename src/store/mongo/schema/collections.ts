/**
 * The collections that statements live in, the shapes of their documents, and the indexes that every query of them uses.
 * Every `_id` and shard key begins with the tenant (ruling 24); what belongs to the installation has no tenant.
 *
 * What may be relied on is the atomicity of one document, so each truth has exactly one document that decides it:
 * a batch its journal, a statement (with its facts) its own document, a learner's redirect the learner document.
 */
import type { Collection, Db, IndexDescription } from 'mongodb'
import type { GivenProfile } from '../../../attempts/profile.ts'
import type { Description } from '../../../xapi/description.ts'
import type { IdentityLink, KeptAttachment, Provenance } from '../../ports.ts'

/** A fact as kept in its statement. */
export interface FactPart {
  /** identityKey of the learner's identifier. */
  readonly who: string
  /** The Fact as JSON text. */
  readonly data: string
}

export interface StatementDoc {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: string
  readonly id: string
  /** As received: text, so that neither numbers nor names nor depth mean anything to the database. */
  readonly raw: string
  readonly timestamp: number | null
  /** `timestamp`, or `stored` where it sent none. */
  readonly at: number
  readonly version: string
  readonly credential: string
  /** JSON text. */
  readonly authority: string
  /** Its own index terms and those of what it refers to. */
  readonly terms: readonly string[]
  /** It is itself a voiding statement and can never be voided. */
  readonly voiding: boolean
  /** The id it refers to: that of the statement it voids, or of its StatementRef. */
  readonly refers?: string
  /** With `voiding`: 1 voids statements of its own credential only, 2 any. */
  readonly voids: 0 | 1 | 2
  readonly facts: readonly FactPart[]
  /** The identityKeys of the facts, each once; also of facts that were replaced (replace-facts.ts). */
  readonly who: readonly string[]
  /** Of the commit that replaced the facts last. */
  readonly mended?: number
  /** Bytes it came with, each hash once. */
  readonly attachments?: readonly KeptAttachment[]
  /** Only of an imported one (ruling 37). */
  readonly provenance?: Provenance
  readonly stored: number
  readonly voided: boolean
  /** Visible to readers, exports and meters; set when its batch is committed. A document without is a claim on the id. */
  readonly seq?: number
  /** Until it is visible: the seq it will have, under the key of the journal that decides it (claim-keys.ts); then empty. */
  readonly claim?: Readonly<Record<string, number>>
  /** Likewise until it is visible: what it describes. */
  readonly describes?: Readonly<Record<string, readonly Description[]>>
}

export interface ReferenceDoc {
  /** keyOf(tenant, target, from): written by committed batches only. */
  readonly _id: string
  readonly tenant: string
  readonly target: string
  readonly from: string
  readonly voids: 0 | 1 | 2
  readonly credential: string
}

/** One identifier. */
export interface IdentityDoc {
  /** keyOf(tenant, identityKey(ifi)) */
  readonly _id: string
  readonly tenant: string
  readonly key: string
  readonly ifi: string
  /** The learner it was met as; never changes. Follow the redirects of the learner to whom it belongs now. */
  readonly learner: string
  readonly name: string | null
  readonly seen: boolean
  readonly profile?: GivenProfile
  /** The number of the commit that gave the profile last. */
  readonly given?: number
  /** groupKey of each group of the profile. */
  readonly groups?: readonly string[]
}

/**
 * A learner. Merging sets `redirect` of the younger root once and for all (a union-find with compare-and-set, so that
 * merges of several processes need no lock); whoever has no redirect stands for all that lead to them.
 */
export interface LearnerDoc {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: string
  readonly id: string
  /** Age; the lower is the elder, of equals the one with the lower id (ruling 19). */
  readonly born: number
  /** The elder's id; null for who was not merged away. */
  readonly redirect: string | null
}

export interface LinkDoc extends IdentityLink {
  /** keyOf(tenant, linkKey): one for each pair and source, whichever way round. */
  readonly _id: string
  readonly tenant: string
  /** The order they were made in. */
  readonly seq: number
  /** The number of the commit that removed it: kept, so that a process that slept cannot bring it back. */
  readonly removed?: number
}

/**
 * A dirty mark (ruling 30) on one identifier. Written after what it marks is visible, and never with a generation that
 * was there before: who read the mark first and the evidence second may clear exactly that generation.
 */
export interface MarkDoc {
  /** keyOf(tenant, identityKey(ifi)) */
  readonly _id: string
  readonly tenant: string
  readonly ifi: string
  /** As in IdentityDoc: the learner it was met as. */
  readonly learner: string
  readonly from: number
  readonly to: number
  /** Of the last writer, not the greatest: a batch that ends late must not be covered by a later one that ended first. */
  readonly generation: number
  /** The earliest `stored` that no count has seen. */
  readonly oldest: number
}

/** Objects of statements: a catalogue entry also decides what lies below its path (in-the-wild §3.1, 2). */
interface ObjectDoc {
  /** keyOf(tenant, digest of the object) */
  readonly _id: string
  readonly tenant: string
  readonly object: string
}

/** One definition of an Activity, or one name of an Agent. */
export interface DescriptionDoc extends Description {
  /** keyOf(tenant, kind, digest of the subject, hash) */
  readonly _id: string
  readonly tenant: string
  /** Its digest: identifiers of people stand in no index (ruling 19). */
  readonly subject: string
  /** seqs of the first and of the last statement known to have said so. */
  readonly first: number
  readonly last: number
}

/**
 * What happens all or not at all. `open → committed | aborted` is the only decision (ruling 28); whoever wants to decide
 * does it by findOneAndUpdate on `state: open`. Committed: its effects are applied, as often as it takes, and then it is
 * deleted. Aborted: its claims are deleted, and then it is.
 */
export interface JournalDoc {
  /** keyOf(tenant, uuid) */
  readonly _id: string
  readonly tenant: string
  /** The writer's registration; when it has expired, anybody may settle this. */
  readonly epoch: string
  readonly state: 'open' | 'committed' | 'aborted'
  /** `statements`, or the name of an effect (effects.ts). */
  readonly kind: string
  /** JSON text of what the effect needs; statements have theirs in the claims. */
  readonly payload?: string
  /** Set with the commit: the reservation it was committed under, and how many seqs it uses. */
  readonly number?: number
  readonly stored?: number
  readonly size?: number
}

export interface Reservation {
  /** The journal's id. */
  readonly batch: string
  readonly number: number
  /** The first number that was given out with this `stored`. */
  readonly first: number
  readonly stored: number
  readonly epoch: string
}

/** The one document `stored` and seqs come from (ruling 29). */
export interface AllocatorDoc {
  readonly _id: 'allocator'
  /** The last number given out. */
  readonly number: number
  /** The last instant given out or promised to readers. */
  readonly stored: number
  /** Until everything of theirs is visible; the lowest is the horizon. */
  readonly open: readonly Reservation[]
}

/** A writer's registration. Whoever sees the same beat for too long, by a clock of their own, ends it. */
export interface EpochDoc {
  readonly _id: string
  readonly beat: number
}

/** The secret under which ids of deleted statements are remembered. */
interface PurgeKeyDoc {
  /** The tenant. */
  readonly _id: string
  readonly key: string
}

interface PurgedDoc {
  /** keyOf(tenant, keyed hash of the id) */
  readonly _id: string
  readonly tenant: string
}

export interface TombstoneDoc {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: string
  /** identityKey of its learner. */
  readonly who: string
  readonly at: number
  /** The Tombstone as JSON text. */
  readonly data: string
}

/** `schema`: {version}. */
interface MetaDoc {
  readonly _id: string
  readonly version: number
}

export const STATEMENT_COLLECTIONS = {
  meta: [],
  allocator: [],
  epochs: [],
  journal: [],
  statements: [
    { key: { tenant: 1, seq: 1 } },
    { key: { tenant: 1, terms: 1, seq: 1 } },
    { key: { tenant: 1, at: 1, seq: 1 } },
    { key: { tenant: 1, terms: 1, at: 1, seq: 1 } },
    { key: { tenant: 1, stored: 1, seq: 1 } },
    { key: { tenant: 1, who: 1, seq: 1 } },
  ],
  references: [{ key: { tenant: 1, target: 1, _id: 1 } }, { key: { tenant: 1, from: 1 } }],
  identities: [{ key: { tenant: 1, learner: 1 } }, { key: { tenant: 1, groups: 1, _id: 1 } }],
  learners: [{ key: { tenant: 1, redirect: 1 } }, { key: { tenant: 1, born: 1 } }],
  links: [
    { key: { tenant: 1, seq: 1 } },
    { key: { tenant: 1, id: 1 } },
    { key: { tenant: 1, a: 1 } },
    { key: { tenant: 1, b: 1 } },
  ],
  marks: [{ key: { oldest: 1 } }, { key: { tenant: 1, oldest: 1 } }],
  objects: [{ key: { tenant: 1, object: 1 } }],
  descriptions: [{ key: { tenant: 1, kind: 1, subject: 1, last: -1, _id: 1 } }],
  purge_keys: [],
  purged: [],
  tombstones: [{ key: { tenant: 1, who: 1, at: 1 } }],
} as const satisfies Readonly<Record<string, readonly IndexDescription[]>>

export interface StatementCollections {
  readonly meta: Collection<MetaDoc>
  readonly allocator: Collection<AllocatorDoc>
  readonly epochs: Collection<EpochDoc>
  readonly journal: Collection<JournalDoc>
  readonly statements: Collection<StatementDoc>
  readonly references: Collection<ReferenceDoc>
  readonly identities: Collection<IdentityDoc>
  readonly learners: Collection<LearnerDoc>
  readonly links: Collection<LinkDoc>
  readonly marks: Collection<MarkDoc>
  readonly objects: Collection<ObjectDoc>
  readonly descriptions: Collection<DescriptionDoc>
  readonly purgeKeys: Collection<PurgeKeyDoc>
  readonly purged: Collection<PurgedDoc>
  readonly tombstones: Collection<TombstoneDoc>
}

export function statementCollections(db: Db): StatementCollections {
  return {
    meta: db.collection('meta'),
    allocator: db.collection('allocator'),
    epochs: db.collection('epochs'),
    journal: db.collection('journal'),
    statements: db.collection('statements'),
    references: db.collection('references'),
    identities: db.collection('identities'),
    learners: db.collection('learners'),
    links: db.collection('links'),
    marks: db.collection('marks'),
    objects: db.collection('objects'),
    descriptions: db.collection('descriptions'),
    purgeKeys: db.collection('purge_keys'),
    purged: db.collection('purged'),
    tombstones: db.collection('tombstones'),
  }
}
