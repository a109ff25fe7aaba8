/** Counted keys as rows: one for each key of a learner in a window (ruling 7). */
import type { CountedKey, LearnerCount } from '../../../metering/count.ts'
import { bucketOf } from '../../learner-bucket.ts'
import type { TenantId, WindowRef } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import type { CountedDoc, RecountDoc } from '../schema/meter-collections.ts'

/** Member by member in one order, so that equal rows have equal JSON. */
export function countedRowsOf(
  tenant: TenantId,
  learner: string,
  n: number,
  counts: readonly LearnerCount[],
): readonly CountedDoc[] {
  return counts.flatMap(({ policy, version, counted, standing = [] }) =>
    [...counted, ...standing].map(({ windowStart, key, evidence: { statementId, at, stored, rule } }) => ({
      _id: keyOf(tenant, learner, policy, version, windowStart, key),
      tenant,
      learner,
      n,
      policy,
      version,
      windowStart,
      key,
      bucket: bucketOf(learner),
      statementId,
      at,
      stored,
      rule,
    })),
  )
}

export function countedKeyOf({ windowStart, key, statementId, at, stored, rule }: CountedDoc): CountedKey {
  return { windowStart, key, evidence: { statementId, at, stored, rule } }
}

export function windowOf({ policy, version, windowStart: start }: CountedDoc): WindowRef {
  return { policy, version, start }
}

export function qualifiedOf(counts: readonly LearnerCount[]): RecountDoc['qualified'] {
  return counts.flatMap(({ policy, version, firstQualified: first }) =>
    first === null ? [] : [{ policy, version, first }],
  )
}
