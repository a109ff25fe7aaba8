/**
 * What follows from one statement referring to another: voiding, and being found by what the target says (xapi.md §4.5).
 *
 * No document decides both statements, so each side writes first and looks second: a referrer writes its edge, then looks
 * for its target; a target becomes visible, then looks for edges. Whichever comes later sees the other (ruling 28).
 */
import { groupBy } from '../../../attempts/group-by.ts'
import { isOwnTerm } from '../../../xapi/terms.ts'
import type { TenantId } from '../../ports.ts'
import { byIds, updateAll, upsertAll, whereIn } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import type { ReferenceDoc, StatementCollections, StatementDoc } from '../schema/collections.ts'

/** Terms a statement may carry, inherited ones included: a chain of references is followed until then. */
const MOST_TERMS = 500
/** Referring statements reached by one read. */
const PAGE = 200

/** As much of a statement as references need. */
export type Node = Pick<
  StatementDoc,
  | '_id'
  | 'tenant'
  | 'id'
  | 'credential'
  | 'voiding'
  | 'terms'
  | 'timestamp'
  | 'stored'
  | 'provenance'
  | 'who'
  | 'seq'
  | 'voided'
>
type Edge = Pick<ReferenceDoc, 'voids' | 'credential'>

const NODE = {
  projection: {
    tenant: 1,
    id: 1,
    credential: 1,
    voiding: 1,
    terms: 1,
    timestamp: 1,
    stored: 1,
    'provenance.received': 1,
    who: 1,
    seq: 1,
    voided: 1,
  },
}

export interface References {
  /** The edges of these statements; before they are visible. */
  write(statements: readonly StatementDoc[]): Promise<void>
  /** The stored edges on these. */
  on(tenant: TenantId, statements: readonly StatementDoc[]): Promise<readonly ReferenceDoc[]>
  /** The ids among these that such an edge voids, or one of their own. */
  voidedBy(edges: readonly ReferenceDoc[], statements: readonly StatementDoc[]): ReadonlySet<string>
  /** After they are visible: looks from both sides, voids and hands on terms. @returns whose evidence changed */
  settle(tenant: TenantId, statements: readonly StatementDoc[]): Promise<readonly Node[]>
}

export function createReferences({ statements, references }: StatementCollections): References {
  const setVoided = (nodes: readonly Pick<Node, '_id'>[]) =>
    updateAll(
      statements,
      nodes.map(({ _id }) => ({ _id, update: { $set: { voided: true } } })),
    )

  /** Adds terms to whoever refers to this id, directly or not. Bears circles. */
  const handOn = async (tenant: TenantId, id: string, terms: readonly string[]) => {
    const reached = new Set([id])
    // Grows while it is walked: those who refer to whom was reached.
    for (const target of reached) {
      for await (const page of referrersOf(tenant, target)) {
        const fresh = page.filter((from) => !reached.has(from))
        await addTerms(tenant, fresh, terms)
        for (const from of fresh) reached.add(from)
      }
    }
  }
  const referrersAfter = (tenant: TenantId, target: string, after: string) =>
    retried(() =>
      references
        .find({ tenant, target, _id: { $gt: after } }, { projection: { from: 1 } })
        .sort({ _id: 1 })
        .limit(PAGE)
        .toArray(),
    )
  async function* referrersOf(tenant: TenantId, target: string): AsyncGenerator<readonly string[]> {
    let page = await referrersAfter(tenant, target, '')
    while (page.length > 0) {
      yield page.map(({ from }) => from)
      page = await referrersAfter(tenant, target, page.at(-1)?._id ?? '')
    }
  }
  const addTerms = async (tenant: TenantId, ids: readonly string[], terms: readonly string[]) => {
    const found = await byIds(
      statements,
      ids.map((id) => keyOf(tenant, id)),
      { projection: { terms: 1 } },
    )
    await updateAll(
      statements,
      found.flatMap(({ _id, terms: own }) => {
        const added = missingTerms(own, terms)
        return added.length === 0 ? [] : [{ _id, update: { $addToSet: { terms: { $each: added } } } }]
      }),
    )
  }

  /** From the side of the referrers: their targets, if they are visible. */
  const settleTargets = async (
    tenant: TenantId,
    referring: readonly StatementDoc[],
  ): Promise<readonly Node[]> => {
    const found = await byIds<StatementDoc>(
      statements,
      referring.map(({ refers = '' }) => keyOf(tenant, refers)),
      NODE,
    )
    const targets = new Map(found.filter(({ seq }) => seq !== undefined).map((node) => [node.id, node]))
    const voided: Node[] = []
    for (const referrer of referring) {
      const target = targets.get(referrer.refers ?? '')
      if (!target) continue
      if (isVoidedBy(target, referrer)) voided.push(target)
      await addTerms(tenant, [referrer.id], target.terms)
    }
    await setVoided(voided)
    return voided
  }
  const voidedOf = (nodes: readonly Node[], edges: readonly ReferenceDoc[]) => {
    const byTarget = groupBy(edges, ({ target }) => target)
    return nodes.filter((node) => (byTarget.get(node.id) ?? []).some((edge) => isVoidedBy(node, edge)))
  }

  const edgesOn = (tenant: TenantId, docs: readonly StatementDoc[]) =>
    whereIn(
      references,
      { tenant },
      'target',
      docs.map(({ id }) => id),
    )
  return {
    write: (docs) =>
      upsertAll(
        references,
        docs.flatMap(edgeOf).map(({ _id, tenant, target, ...edge }) => ({
          _id,
          within: { tenant, target },
          update: { $setOnInsert: edge },
        })),
      ),
    on: edgesOn,
    voidedBy: (edges, docs) =>
      new Set(voidedOf(docs, [...edges, ...docs.flatMap(edgeOf)]).map(({ id }) => id)),
    settle: async (tenant, docs) => {
      const referring = docs.filter(({ refers }) => refers !== undefined)
      const [voidedTargets, edges] = await Promise.all([
        settleTargets(tenant, referring),
        edgesOn(tenant, docs),
      ])
      const voided = voidedOf(docs, edges)
      await setVoided(voided)
      const referredTo = new Set(edges.map(({ target }) => target))
      for (const { _id, id } of docs) {
        if (!referredTo.has(id)) continue
        // Read again: what it inherits itself came after it was written.
        const [node] = await byIds(statements, [_id], { projection: { terms: 1 } })
        if (node) await handOn(tenant, id, node.terms)
      }
      return [...voidedTargets, ...voided]
    },
  }
}

/** The edge of a statement that refers to another. */
function edgeOf({ tenant, id: from, refers: target, voids, credential }: StatementDoc): ReferenceDoc[] {
  return target === undefined
    ? []
    : [{ _id: keyOf(tenant, target, from), tenant, target, from, voids, credential }]
}

/** A voiding statement can never be voided; a credential voids its own, and others' only where it may (ruling 23). */
export function isVoidedBy(
  target: Pick<Node, 'voiding' | 'credential'>,
  { voids, credential }: Edge,
): boolean {
  return !target.voiding && (voids === 2 || (voids === 1 && target.credential === credential))
}

/** Those that are inherited, as far as there is room. */
function missingTerms(own: readonly string[], terms: readonly string[]): readonly string[] {
  const has = new Set(own)
  return terms
    .filter((term) => !has.has(term) && !isOwnTerm(term))
    .slice(0, Math.max(0, MOST_TERMS - own.length))
}
