/** Our own search over the history: the standard's filters and more (GET /api/v1/statements). */
import type { StoredStatement, TimePosition } from '../../store/ports.ts'
import { exactText } from '../../xapi/exact.ts'
import { durationMs } from '../../xapi/formats.ts'
import { type SearchFilter, searchTermsOfFilter } from '../../xapi/search-terms.ts'
import { credentialTerm, type TermFilter, termsOfQuery } from '../../xapi/terms.ts'
import { instantOf } from '../../xapi/timestamp.ts'
import type { Statement } from '../../xapi/types.ts'
import { type Caller, demand, may } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { openCursor, type Position, sealCursor } from './cursor.ts'
import { type LearnerVerdict, type VerdictsOf, verdictReader } from './verdicts.ts'

export interface StatementSearch extends TermFilter, SearchFilter {
  /** On `stored`: exclusive / inclusive, ms. */
  readonly since?: number
  readonly until?: number
  /** On its own time: inclusive / exclusive, ms. */
  readonly after?: number
  readonly before?: number
  readonly minScore?: number
  readonly maxScore?: number
  /** ms, inclusive both. */
  readonly minDuration?: number
  readonly maxDuration?: number
  readonly tracked?: boolean
  readonly reason?: string
  readonly sort: 'stored' | 'timestamp'
  readonly ascending: boolean
  readonly limit: number
  readonly cursor?: string
}

/** Statements looked at for one answer, and those whose verdict is worked out: work stays bounded, whatever is asked. */
const LOOKED_AT = 2_000
const JUDGED = 400
const STEP = 200

export interface SearchPage {
  /** Each a JSON text: `{statement, stored, timestamp, voided, learner, verdict}`. */
  readonly items: readonly string[]
  readonly next: string | null
}

/**
 * A page. It may be short of `limit`, or empty, and still go on where few of many statements fit.
 * @throws Refusal `forbidden`, `malformed` (foreign cursor)
 */
export async function searchStatements(
  lrs: Lrs,
  caller: Caller,
  search: StatementSearch,
): Promise<SearchPage> {
  demand(caller, 'read own statements')
  const start = search.cursor === undefined ? null : openCursor(search.cursor, caller, lrs.keys.cursors)
  const upTo = start?.upTo ?? (await lrs.stores.statements.lastSeq(caller.tenant))
  const verdictsOf = verdictReader(lrs, caller.tenant)
  const items: string[] = []
  let left = search.tracked === undefined && search.reason === undefined ? LOOKED_AT : JUDGED
  for await (const { found, next } of candidates(lrs, caller, search, upTo, start && placeIn(start))) {
    if (found) items.push(...(await itemOf(found, search, verdictsOf)))
    left -= 1
    if (items.length === search.limit || left === 0) return { items, next: seal(lrs, caller, next, upTo) }
  }
  return { items, next: null }
}

interface Candidate {
  /** Null: nothing in a bounded piece of work. */
  readonly found: StoredStatement | null
  /** Where to go on after it; null when it is the last. */
  readonly next: Place | null
}

async function* candidates(
  lrs: Lrs,
  caller: Caller,
  search: StatementSearch,
  upTo: number,
  start: Place | null,
): AsyncGenerator<Candidate> {
  for (let place = start; ; ) {
    const { items, next } = await read(lrs, caller, search, upTo, place)
    for (const [index, found] of items.entries())
      yield { found, next: index === items.length - 1 ? next : placeOf(found, search) }
    if (next === null) return
    if (items.length === 0) yield { found: null, next }
    place = next
  }
}

/** Where to go on: `at` in order of their own time. */
interface Place {
  readonly seq: number
  readonly at?: number
}

interface Step {
  readonly items: readonly StoredStatement[]
  readonly next: Place | null
}

async function read(
  { stores }: Lrs,
  caller: Caller,
  search: StatementSearch,
  upTo: number,
  place: Place | null,
): Promise<Step> {
  const mine = may(caller, 'read statements') ? [] : [credentialTerm(caller.id)]
  const terms = [...termsOfQuery(search), ...searchTermsOfFilter(search), ...mine]
  const { since, until, after, before, ascending } = search
  const limit = looksFurther(search) ? Math.max(STEP, search.limit) : search.limit
  const common = { terms, ascending, limit, upTo }
  if (search.sort === 'timestamp') {
    return stores.statements.selectByTime(caller.tenant, {
      ...common,
      ...(after !== undefined && { from: after }),
      ...(before !== undefined && { before }),
      ...(place && { after: place as TimePosition }),
    })
  }
  const { items, more } = await stores.statements.select(caller.tenant, {
    ...common,
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(place && { after: place.seq }),
  })
  const last = items.at(-1)
  return { items, next: more && last ? { seq: last.seq } : null }
}

function placeIn({ after, at }: Position): Place {
  return { seq: after, ...(at !== undefined && { at }) }
}

function placeOf(found: StoredStatement, { sort }: StatementSearch): Place {
  return sort === 'stored' ? { seq: found.seq } : { seq: found.seq, at: timeOf(found) }
}

function seal({ keys }: Lrs, caller: Caller, place: Place | null, upTo: number): string | null {
  if (place === null) return null
  const { seq, at } = place
  return sealCursor({ after: seq, upTo, ...(at !== undefined && { at }) }, caller, keys.cursors)
}

/** Its text; nothing when it does not fit. */
async function itemOf(
  found: StoredStatement,
  search: StatementSearch,
  verdictsOf: VerdictsOf,
): Promise<readonly string[]> {
  if (!fits(found, search)) return []
  const verdicts = await verdictsOf(found.id)
  return verdictFits(verdicts, search) ? [textOf(found, verdicts)] : []
}

function timeOf(found: StoredStatement): number {
  const { timestamp } = JSON.parse(found.raw) as Statement
  return timestamp === undefined ? found.stored : instantOf(timestamp)
}

/** Something is asked that the index does not know. */
function looksFurther({ sort, since, until, after, before, ...search }: StatementSearch): boolean {
  const times = sort === 'stored' ? [after, before] : [since, until]
  const { minScore, maxScore, minDuration, maxDuration, tracked, reason } = search
  const rest = [minScore, maxScore, minDuration, maxDuration, tracked, reason]
  return [...times, ...rest].some((one) => one !== undefined)
}

/** What the index does not know. */
function fits(found: StoredStatement, search: StatementSearch): boolean {
  const { since, until, after, before, minScore, maxScore, minDuration, maxDuration } = search
  if (!within(found.stored, since === undefined ? undefined : since + 1, until)) return false
  const { timestamp, result } = JSON.parse(found.raw) as Statement
  const at = timestamp === undefined ? found.stored : instantOf(timestamp)
  if (!within(at, after, before === undefined ? undefined : before - 1)) return false
  if (!within(result?.score?.scaled, minScore, maxScore)) return false
  const duration = result?.duration === undefined ? undefined : durationMs(result.duration)
  return within(duration, minDuration, maxDuration)
}

/** Inclusive both; what has no value fits only where nothing is asked. */
function within(value: number | null | undefined, least?: number, most?: number): boolean {
  if (least === undefined && most === undefined) return true
  if (value === undefined || value === null) return false
  return (least === undefined || value >= least) && (most === undefined || value <= most)
}

function verdictFits(verdicts: readonly LearnerVerdict[], { tracked, reason }: StatementSearch): boolean {
  if (tracked !== undefined && verdicts.some((one) => one.tracked) !== tracked) return false
  return reason === undefined || verdicts.some((one) => one.reason === reason)
}

/** JSON text, so that the statement keeps every digit (ruling 26). */
function textOf(found: StoredStatement, learners: readonly LearnerVerdict[]): string {
  const first = learners.find(({ tracked }) => tracked) ?? learners[0]
  const rest = {
    stored: new Date(found.stored).toISOString(),
    timestamp: new Date(timeOf(found)).toISOString(),
    voided: found.voided,
    learner: first?.learner ?? null,
    verdict: first ? { tracked: first.tracked, reason: first.reason, text: first.text } : null,
    learners,
  }
  return `{"statement":${exactText(found)},${JSON.stringify(rest).slice(1)}`
}

/**
 * One statement, voided or not, with what it is for the count.
 * @returns JSON text
 * @throws Refusal `not-found`, `forbidden`
 */
export async function readStatement(lrs: Lrs, caller: Caller, id: string): Promise<string> {
  demand(caller, 'read own statements')
  const found = await lrs.stores.statements.find(caller.tenant, id)
  if (!found || !(may(caller, 'read statements') || found.credential === caller.id))
    throw new Refusal('not-found', `there is no statement ${id}`)
  return textOf(found, await verdictReader(lrs, caller.tenant)(id))
}
