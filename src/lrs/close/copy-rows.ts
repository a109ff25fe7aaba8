/**
 * Step 2 of sealing a window: its counted rows, copied into the draft. Tokens are random, and rows are found by them: copied in the
 * order of their tokens they are written page after page; in that of their evidence each would be a page of its own.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { commitmentOf } from '../../evidence/sealed-row.ts'
import type { CountedKey } from '../../metering/count.ts'
import { recountWindow } from '../../metering/recount.ts'
import type { Identity, SnapshotRow } from '../../store/ports.ts'
import { circumstancesOf, deriveHistory } from '../counting/recount.ts'
import { tokensOf } from './later-facts.ts'
import type { CloseDeps, Draft, Drain } from './seal-window.ts'

/** Rows held in memory at once, some 80 MB; of more, a part of the learners is copied after the other. */
const PART = 100_000
const PAGE = 500
const LONGEST_REST_MS = 250

/**
 * @param later learners counted since the cutoff: as of the cutoff they are worked out again
 * @param most rows of one part
 * @returns false when the lease is lost
 */
export async function copyRows(
  deps: CloseDeps,
  draft: Draft,
  later: ReadonlySet<string>,
  drain: Drain,
  most = PART,
): Promise<boolean> {
  const { request, window, id } = draft
  const { metering, snapshots } = deps.stores
  const rest = resting(drain)
  const add = async (rows: readonly SnapshotRow[]) =>
    (await snapshots.addRows(request.tenant, request, id, rows, rest)) === 'added'
  const parts = Math.max(1, Math.ceil((await metering.countOf(request.tenant, window)) / most))
  for (let part = 0; part < parts; part++) {
    const rows = await rowsOfPart(deps, draft, later, rest, (learner) => partOf(learner, parts) === part)
    if (rows === null || !(await add(rows))) return false
  }
  for (const learner of later) {
    // Also when there is no row: the lease is to be kept.
    if (!(await add(await asOfCutoff(deps, draft, learner))) || !(await rest())) return false
  }
  return true
}

/** More than half of the time is the others': nobody waits for a window to be closed. */
function resting(drain: Drain): () => Promise<boolean> {
  let began = performance.now()
  return async () => {
    await sleep(Math.min(1.5 * (performance.now() - began), LONGEST_REST_MS))
    const isOurs = await drain.keep()
    began = performance.now()
    return isOurs
  }
}

/**
 * Of so many parts about alike. By learner, since the rows of a learner stay as they are under the lease; identifiers, and with
 * them tokens, may change while statements come in.
 */
export function partOf(learner: string, parts: number): number {
  return Math.floor((Number.parseInt(learner.slice(0, 6), 16) / 16 ** 6) * parts)
}

/** Ascending by token; null when the lease is lost. */
async function rowsOfPart(
  deps: CloseDeps,
  draft: Draft,
  later: ReadonlySet<string>,
  rest: () => Promise<boolean>,
  isOfPart: (learner: string) => boolean,
): Promise<readonly SnapshotRow[] | null> {
  const { request, window, secret } = draft
  const rows: SnapshotRow[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = { limit: PAGE, ...(cursor !== undefined && { cursor }) }
    const { items, next } = await deps.stores.metering.counted(request.tenant, window, page)
    for (const one of items) {
      if (later.has(one.learner) || !isOfPart(one.learner)) continue
      rows.push(rowOf(deps, one, tokensOf(secret, one.identities, one.key)))
    }
    if (!(await rest())) return null
    cursor = next
  }
  // Of two who have one token by now, merged since they were counted, the first evidence stays.
  return rows.sort((a, b) => (a.token < b.token ? -1 : Number(a.token > b.token)))
}

/** What the learner counted for when only what was known at the cutoff is known. */
async function asOfCutoff(deps: CloseDeps, draft: Draft, learner: string): Promise<readonly SnapshotRow[]> {
  const { request, policy, window, cutoff, secret } = draft
  const history = await deps.stores.metering.history(request.tenant, learner)
  if (!history) return []
  const facts = history.facts.filter(({ seq }) => seq <= cutoff.seq)
  const { classified } = await deriveHistory(deps, { ...history, facts })
  const closings = await deps.stores.snapshots.closings(request.tenant)
  const circumstances = { ...circumstancesOf(deps, history, closings), now: cutoff.at }
  const counted = recountWindow(classified, policy.versions, window, circumstances)
  return counted.map((one) =>
    rowOf(deps, { ...one, ...history }, tokensOf(secret, history.identities, one.key)),
  )
}

type CountedRow = CountedKey & { readonly learner: string; readonly identities: readonly Identity[] }

function rowOf(
  { newId }: CloseDeps,
  { learner, key, evidence }: CountedRow,
  [token = '', ...others]: readonly string[],
): SnapshotRow {
  const salt = newId()
  return { token, commitment: commitmentOf(salt, evidence), learner, key, evidence, salt, others }
}
