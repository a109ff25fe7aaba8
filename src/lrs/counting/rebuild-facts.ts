/** The facts of every statement, extracted again and compared with the stored ones. */
import { isDeepStrictEqual } from 'node:util'
import type { Fact, Purpose, StoredFact } from '../../attempts/fact.ts'
import { factsOf } from '../../attempts/facts.ts'
import type { StoredStatement } from '../../store/ports.ts'
import { StoreError } from '../../store/store-error.ts'
import type { Statement } from '../../xapi/types.ts'
import type { Caller } from '../access/access.ts'
import type { Lrs } from '../context.ts'

const PAGE = 1_000

export interface FactsCompared {
  readonly statements: number
  readonly differences: number
  /** Statements whose own text cannot be read: there is nothing to mend their facts with. */
  readonly unreadable: number
}

/** Stored facts that are not what their statement says, or cannot be read, are replaced. */
export async function compareFacts(
  lrs: Lrs,
  caller: Caller,
  print: (line: string) => void,
): Promise<FactsCompared> {
  const { credentials, statements: store } = lrs.stores
  const origins = new Map<string, CredentialOrigin>(
    (await credentials.list(caller.tenant)).map(({ id, purpose, subAccount }) => [
      id,
      { purpose, subAccount },
    ]),
  )
  const found = { statements: 0, differences: 0, unreadable: 0 }
  let page: readonly StoredStatement[]
  let after = 0
  do {
    page = await store.scan(caller.tenant, after, PAGE)
    for (const stored of page) {
      const outcome = await compareOne(lrs, caller, stored, origins)
      if (outcome === 'same') continue
      found.differences += 1
      if (outcome === 'unreadable') found.unreadable += 1
      print(`statement ${stored.id}: ${OUTCOMES[outcome]}`)
    }
    found.statements += page.length
    after = page.at(-1)?.seq ?? after
  } while (page.length === PAGE)
  return found
}

const OUTCOMES = {
  different: 'its stored facts are not what it says: they are replaced',
  damaged: 'its stored facts cannot be read: they are replaced',
  unreadable: 'its own text cannot be read, so its facts stay as they are',
}

/** @param origins by credential; what a removed credential was is learned from facts that are still there */
async function compareOne(
  { stores: { metering } }: Lrs,
  { tenant }: Caller,
  stored: StoredStatement,
  origins: Map<string, CredentialOrigin>,
): Promise<'same' | keyof typeof OUTCOMES> {
  const kept = await unlessDamaged(() => metering.factsOf(tenant, stored.id))
  const [written] = kept ?? []
  const known = origins.get(stored.credential) ?? written
  if (known) origins.set(stored.credential, { purpose: known.purpose, subAccount: known.subAccount })
  const { purpose, subAccount } = { purpose: 'learner' as const, subAccount: undefined, ...known }
  // What the facts say of it was true when it was written.
  const again = factsAgain(stored, purpose, written ? written.subAccount : subAccount)
  if (again === null) return 'unreadable'
  if (kept && sameFacts(again, kept) && kept.every((fact) => isOf(fact, stored))) return 'same'
  await metering.replaceFacts(tenant, stored.id, again)
  return kept ? 'different' : 'damaged'
}

/** What of a credential is written into facts. */
interface CredentialOrigin {
  readonly purpose: Purpose
  readonly subAccount?: string | undefined
}

/** The facts a statement gives. `purpose` and `subAccount`: those of the credential when it wrote. */
function factsAgain(
  stored: StoredStatement,
  purpose: Purpose,
  subAccount: string | undefined,
): readonly Fact[] | null {
  let statement: Statement
  try {
    statement = JSON.parse(stored.raw) as Statement
  } catch {
    return null
  }
  return factsOf(statement, {
    statementId: stored.id,
    idGiven: statement.id !== undefined,
    credential: stored.credential,
    purpose,
    subAccount,
  })
}

/** What the store keeps beside a fact is what it keeps of the statement (ruling 37: received by its source, if that said so). */
function isOf(fact: StoredFact, { stored, voided, provenance }: StoredStatement): boolean {
  return fact.stored === (provenance?.received ?? stored) && fact.voided === voided
}

function sameFacts(again: readonly Fact[], kept: readonly StoredFact[]): boolean {
  const bare = kept.map(({ seq: _seq, stored: _stored, voided: _voided, ...fact }) => fact)
  const byLearner = (a: Fact, b: Fact) => (a.learner < b.learner ? -1 : 1)
  const plain = (facts: readonly Fact[]) => JSON.parse(JSON.stringify([...facts].sort(byLearner))) as unknown
  return isDeepStrictEqual(plain(again), plain(bare))
}

/** What is stored; null when it is there but cannot be read. */
export async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof StoreError && error.code === 'damaged') return null
    throw error
  }
}
