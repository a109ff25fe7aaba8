/** `rollcall recount`: works everything out again from the statements themselves and says whether anything differed. */
import { isDeepStrictEqual } from 'node:util'
import type { Fact, StoredFact } from '../attempts/fact.ts'
import { factsOf } from '../attempts/facts.ts'
import type { Credential, LearnerHistory, StoredStatement } from '../store/ports.ts'
import type { Statement } from '../xapi/types.ts'
import type { Caller } from './access.ts'
import type { Lrs } from './context.ts'
import { policyOf } from './policies.ts'
import { countHistory, deriveHistory } from './recount.ts'

const PAGE = 1_000

export interface Rebuild {
  readonly statements: number
  readonly learners: number
  readonly counted: number
  readonly differences: number
}

/**
 * Reads every statement again, extracts its facts and puts them in place of stored ones that differ; counts every learner
 * again under the policy and compares with the stored rows. What differs is printed, and the learners are marked for a recount.
 */
export async function rebuild(
  lrs: Lrs,
  caller: Caller,
  policyId: string,
  print: (line: string) => void,
): Promise<Rebuild> {
  const { id } = await policyOf(lrs.stores, caller.tenant, policyId)
  await settled(lrs, caller, print)
  const facts = await compareFacts(lrs, caller, print)
  const counts = await compareCounts(lrs, caller, id, print)
  const differences = facts.differences + counts.differences
  if (differences > 0) {
    await lrs.stores.metering.markAll(caller.tenant)
    lrs.wake()
  }
  print(
    `${facts.statements} statements, ${counts.learners} learners, ${counts.counted} counted under ${id}: ` +
      (differences === 0
        ? 'nothing differed'
        : `${differences} differences; every learner is being recounted`),
  )
  return { statements: facts.statements, ...counts, differences }
}

/** A count that is still being worked out is no difference: wait for what was stored before the start. */
async function settled(lrs: Lrs, caller: Caller, print: (line: string) => void): Promise<void> {
  const start = lrs.clock.now()
  lrs.wake()
  for (let told = false; ; told = true) {
    const { at, behind } = await lrs.stores.metering.computedThrough(caller.tenant)
    if (at >= start || behind === null) return
    if (!told) print(`waiting: ${behind}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function compareFacts(
  lrs: Lrs,
  caller: Caller,
  print: (line: string) => void,
): Promise<{ statements: number; differences: number }> {
  const credentials = new Map((await lrs.stores.credentials.list(caller.tenant)).map((one) => [one.id, one]))
  let statements = 0
  let differences = 0
  let page: readonly StoredStatement[]
  let after = 0
  do {
    page = await lrs.stores.statements.scan(caller.tenant, after, PAGE)
    for (const stored of page) {
      const kept = await lrs.stores.metering.factsOf(caller.tenant, stored.id)
      const again = factsAgain(stored, kept, credentials)
      if (!sameFacts(again, kept)) {
        differences += 1
        await lrs.stores.metering.replaceFacts(caller.tenant, stored.id, again)
        print(`statement ${stored.id}: its stored facts are not what it says`)
      }
    }
    statements += page.length
    after = page.at(-1)?.seq ?? after
  } while (page.length === PAGE)
  return { statements, differences }
}

/** The purpose is that of the credential when it wrote; a removed credential's is taken from the facts. */
function factsAgain(
  stored: StoredStatement,
  kept: readonly StoredFact[],
  credentials: ReadonlyMap<string, Credential>,
): readonly Fact[] {
  const statement = JSON.parse(stored.raw) as Statement
  return factsOf(statement, {
    statementId: stored.id,
    idGiven: statement.id !== undefined,
    credential: stored.credential,
    purpose: credentials.get(stored.credential)?.purpose ?? kept[0]?.purpose ?? 'learner',
  })
}

function sameFacts(again: readonly Fact[], kept: readonly StoredFact[]): boolean {
  const bare = kept.map(({ seq: _seq, stored: _stored, voided: _voided, ...fact }) => fact)
  const byLearner = (a: Fact, b: Fact) => (a.learner < b.learner ? -1 : 1)
  const plain = (facts: readonly Fact[]) => JSON.parse(JSON.stringify([...facts].sort(byLearner))) as unknown
  return isDeepStrictEqual(plain(again), plain(bare))
}

async function compareCounts(lrs: Lrs, caller: Caller, policy: string, print: (line: string) => void) {
  const { metering } = lrs.stores
  let learners = 0
  let counted = 0
  let differences = 0
  let cursor: string | undefined
  do {
    const page = await metering.learners(caller.tenant, {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    })
    for (const { id } of page.items) {
      const look = await stableLook(lrs, caller, id, policy)
      if (!look) continue
      const { again, kept } = look
      counted += again.length
      if (!isDeepStrictEqual(again, kept)) {
        differences += 1
        print(`learner ${id}: ${kept.length} rows stored, ${again.length} worked out`)
      }
    }
    learners += page.items.length
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return { learners, counted, differences }
}

interface Look {
  readonly again: readonly string[]
  readonly kept: readonly string[]
}

/**
 * What is worked out and what is stored. They are read one after the other while statements may come in, so unequal ones
 * only tell something when the learner was not being recounted meanwhile: else everything is settled and looked at again.
 */
async function stableLook(lrs: Lrs, caller: Caller, learner: string, policy: string): Promise<Look | null> {
  const { metering } = lrs.stores
  for (let looks = 1; ; looks += 1) {
    const history = await metering.history(caller.tenant, learner)
    if (!history) return null
    const again = await countsOf(lrs, history, policy)
    const counts = await metering.countsOf(caller.tenant, history.learner)
    const kept = summary(counts.filter((one) => one.policy === policy))
    if (isDeepStrictEqual(again, kept)) return { again, kept }
    const after = await metering.history(caller.tenant, learner)
    // A mass change that is not expanded yet leaves no mark: hence the second look.
    if (looks > 1 && history.marks.length === 0 && isDeepStrictEqual(history, after)) return { again, kept }
    await settled(lrs, caller, () => undefined)
  }
}

async function countsOf(lrs: Lrs, history: LearnerHistory, policy: string): Promise<readonly string[]> {
  const counts = await countHistory(lrs, history, await deriveHistory(lrs, history))
  return summary(counts.filter((one) => one.policy === policy))
}

/** One line for each counted row, in an order of its own. */
function summary(counts: Awaited<ReturnType<typeof countHistory>>): readonly string[] {
  return counts
    .flatMap(({ version, counted }) =>
      counted.map(({ windowStart, key, evidence }) =>
        [version, windowStart, key, evidence.statementId, evidence.at, evidence.stored, evidence.rule].join(
          '|',
        ),
      ),
    )
    .sort()
}
