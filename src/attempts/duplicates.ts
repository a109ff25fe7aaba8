import { groupBy } from './group-by.ts'
import { compare, type Work } from './work.ts'

/** A repeated statement says the same time again; without one, only its arrival tells (ruling 6). */
const ownTime = ({ fact }: Work): number => fact.at ?? fact.stored

const earlier = (a: Work, b: Work): number =>
  ownTime(a) - ownTime(b) || a.fact.stored - b.fact.stored || compare(a.fact.statementId, b.fact.statementId)

/** Statements within the gap of the first one of their cluster. */
function clusters(items: readonly Work[], gapMs: number): readonly (readonly Work[])[] {
  const found: Work[][] = []
  let start = Number.NEGATIVE_INFINITY
  for (const item of [...items].sort(earlier)) {
    if (ownTime(item) - start > gapMs) {
      found.push([])
      start = ownTime(item)
    }
    found.at(-1)?.push(item)
  }
  return found
}

/**
 * The statements that repeat another one: sent without id, with the same fingerprint, within the gap (in-the-wild §4.5, 2).
 * The earliest stands, an unvoided one before a voided one: a copy must not lose its use because the other copy was
 * withdrawn. Copies under other obstacles (a preview key) are not repetitions of each other.
 */
export function duplicatesIn(items: readonly Work[], gapMs: number): ReadonlySet<Work> {
  const groups = groupBy(items, ({ fact, obstacles }) =>
    fact.fingerprint === undefined ? null : `${fact.fingerprint}|${obstacles.join(',')}`,
  )
  const repeated = [...groups.values()].filter((group) => group.length > 1)
  return new Set(repeated.flatMap((group) => clusters(group, gapMs)).flatMap(allButOne))
}

function allButOne(cluster: readonly Work[]): readonly Work[] {
  const kept = cluster.find((item) => !item.fact.voided) ?? cluster[0]
  // The same statement given twice is not a repetition of itself.
  return cluster.filter((item) => item.fact.statementId !== kept?.fact.statementId)
}
