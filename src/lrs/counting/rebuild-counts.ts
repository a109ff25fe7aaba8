/** Everything derived of each learner, worked out again and compared with the stored rows. */
import { isDeepStrictEqual } from 'node:util'
import type { Attempt } from '../../attempts/derivation.ts'
import type { LearnerCount } from '../../metering/count.ts'
import type { LearnerHistory, TenantId } from '../../store/ports.ts'
import { StoreError } from '../../store/store-error.ts'
import type { Caller } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { unlessDamaged } from './rebuild-facts.ts'
import { countHistory, deriveHistory, untrackedOf } from './recount.ts'
import type { Stuck } from './settled.ts'

const PAGE = 1_000

export interface CountsCompared {
  readonly learners: number
  /** Rows worked out under the policy. */
  readonly counted: number
  readonly differences: number
}

interface Compare {
  print(line: string): void
  /** Waits until what was stored before is counted. */
  settled(): Promise<Stuck | null>
}

/** Looks at every learner. One kind of row that differs of one learner is one difference. */
export async function compareCounts(
  lrs: Lrs,
  caller: Caller,
  policy: string,
  compare: Compare,
): Promise<CountsCompared> {
  const found = { learners: 0, counted: 0, differences: 0 }
  let cursor: string | undefined
  do {
    const page = await lrs.stores.metering.learners(caller.tenant, {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const { id } of page.items) {
      const { counted, lines } = await compareLearner(lrs, caller, { learner: id, policy }, compare)
      found.counted += counted
      found.differences += lines.length
      for (const line of lines) compare.print(`learner ${id}: ${line}`)
    }
    found.learners += page.items.length
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return found
}

interface Who {
  readonly learner: string
  readonly policy: string
}

/** @returns one line for each kind of row that differs */
async function compareLearner(
  lrs: Lrs,
  caller: Caller,
  who: Who,
  compare: Compare,
): Promise<{ readonly counted: number; readonly lines: readonly string[] }> {
  try {
    const look = await stableLook(lrs, caller, who, compare)
    return { counted: look?.again.counted.length ?? 0, lines: look ? differencesOf(look) : [] }
  } catch (error) {
    if (error instanceof StoreError && error.code === 'unavailable') throw error
    const why = error instanceof Error ? error.message : String(error)
    return { counted: 0, lines: [`cannot be worked out: ${why}`] }
  }
}

/** What is derived of one learner, each list in an order of its own. */
interface Derived {
  readonly counted: readonly string[]
  readonly firstQualified: readonly string[]
  readonly untracked: readonly string[]
  readonly attempts: readonly Attempt[]
}

interface Look {
  readonly again: Derived
  /** Null for attempts that cannot be read. */
  readonly kept: Omit<Derived, 'attempts'> & { readonly attempts: Derived['attempts'] | null }
}

const KINDS = {
  counted: 'counted rows',
  firstQualified: 'first times of evidence',
  untracked: 'reasons of statements without effect',
  attempts: 'attempts',
}

function differencesOf({ again, kept }: Look): readonly string[] {
  return (Object.keys(KINDS) as (keyof typeof KINDS)[])
    .filter((kind) => !isDeepStrictEqual(again[kind], kept[kind]))
    .map((kind) => {
      const stored = kept[kind]?.length ?? 'unreadable'
      const content = stored === again[kind].length ? ', with other content' : ''
      return `${stored} ${KINDS[kind]} stored, ${again[kind].length} worked out${content}`
    })
}

/**
 * What is worked out and what is stored. They are read one after the other while statements may come in, so unequal ones
 * only tell something when the learner was not being recounted meanwhile: else everything is settled and looked at again.
 */
async function stableLook(lrs: Lrs, caller: Caller, who: Who, { settled }: Compare): Promise<Look | null> {
  const { metering } = lrs.stores
  let stuck: Stuck | null = null
  for (let looks = 1; ; looks += 1) {
    const history = await metering.history(caller.tenant, who.learner)
    if (!history) return null
    const again = await workedOut(lrs, history, who.policy)
    const kept = await stored(lrs, caller.tenant, history.learner, who.policy)
    if (isDeepStrictEqual(again, kept)) return { again, kept }
    const after = await metering.history(caller.tenant, who.learner)
    // A mass change that is not expanded yet leaves no mark: hence the second look. One whose recount fails keeps its marks.
    const still = history.marks.length === 0 || stuck !== null
    if (looks > 1 && still && isDeepStrictEqual(history, after)) return { again, kept }
    stuck = await settled()
  }
}

async function workedOut(lrs: Lrs, history: LearnerHistory, policy: string): Promise<Derived> {
  const derivation = await deriveHistory(lrs, history)
  const closings = await lrs.stores.snapshots.closings(history.tenant)
  return {
    ...summary(await countHistory(lrs, history, derivation, closings), policy),
    untracked: untrackedLines(untrackedOf(derivation)),
    attempts: plain(derivation.attempts),
  }
}

async function stored(lrs: Lrs, tenant: TenantId, learner: string, policy: string): Promise<Look['kept']> {
  const { metering } = lrs.stores
  const attempts = await unlessDamaged(() => storedAttempts(lrs, tenant, learner))
  return {
    ...summary(await metering.countsOf(tenant, learner), policy),
    untracked: untrackedLines(await metering.untrackedOf(tenant, learner)),
    attempts: attempts && plain(attempts),
  }
}

async function storedAttempts(lrs: Lrs, tenant: TenantId, learner: string): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await lrs.stores.metering.attempts(tenant, {
      learner,
      deleted: true,
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    })
    attempts.push(...page.items.map(({ learner: _learner, ...attempt }) => attempt))
    cursor = page.next
  }
  return attempts
}

/** As JSON gives them back, by id. */
function plain(attempts: readonly Attempt[]): readonly Attempt[] {
  const sorted = [...attempts].sort((a, b) => (a.id < b.id ? -1 : 1))
  return JSON.parse(JSON.stringify(sorted)) as Attempt[]
}

function untrackedLines(untracked: ReturnType<typeof untrackedOf>): readonly string[] {
  return Object.entries(untracked)
    .map(([reason, statements]) => `${reason}|${statements}`)
    .sort()
}

/** One line for each row under the policy. */
function summary(all: readonly LearnerCount[], policy: string): Pick<Derived, 'counted' | 'firstQualified'> {
  const counts = all.filter((one) => one.policy === policy)
  return {
    counted: counts
      .flatMap(({ version, counted }) =>
        counted.map(({ windowStart, key, evidence: { statementId, at, stored: received, rule } }) =>
          [version, windowStart, key, statementId, at, received, rule].join('|'),
        ),
      )
      .sort(),
    firstQualified: counts
      .filter(({ firstQualified }) => firstQualified !== null)
      .map(({ version, firstQualified }) => `${version}|${firstQualified}`)
      .sort(),
  }
}
