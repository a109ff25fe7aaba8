/** Statements go out: GET /xapi/statements. */
import type { StoredStatement } from '../../store/ports.ts'
import { exactText } from '../../xapi/exact.ts'
import { activityIdsIn, canonicalText, idsText } from '../../xapi/projection.ts'
import type { ListQuery, StatementQuery } from '../../xapi/query.ts'
import { credentialTerm, termsOfQuery } from '../../xapi/terms.ts'
import { type Caller, demand, may } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { definitionsOf } from './activities.ts'
import { openCursor, sealCursor } from './cursor.ts'

/** Most statements on one page; `limit` 0 or none asks for it. */
const PAGE_LIMIT = 100

/** As much of an Accept-Language as a `more` link carries. */
const LONGEST_LANGUAGE = 1_000

export interface View {
  readonly format: 'exact' | 'ids' | 'canonical'
  readonly acceptLanguage: string | undefined
}

/**
 * One statement by `statementId` or `voidedStatementId`.
 * @returns its JSON text, and what is stored
 * @throws Refusal `not-found`, `forbidden`
 */
export async function findStatement(
  lrs: Lrs,
  caller: Caller,
  query: Exclude<StatementQuery, ListQuery>,
  acceptLanguage: string | undefined,
): Promise<{ text: string; found: StoredStatement }> {
  demand(caller, 'read own statements')
  const found = await lrs.stores.statements.find(caller.tenant, query.id, query.kind === 'voided')
  if (!found || !(may(caller, 'read statements') || found.credential === caller.id)) {
    throw new Refusal(
      'not-found',
      `there is no ${query.kind === 'voided' ? 'voided ' : ''}statement ${query.id}`,
    )
  }
  const [text = ''] = await viewsOf(lrs, caller, [found], { format: query.format, acceptLanguage })
  return { text, found }
}

export interface StatementPage {
  /** Each a JSON text. */
  readonly statements: readonly string[]
  /** The same as they are stored. */
  readonly found: readonly StoredStatement[]
  /** Cursor of the next page; null on the last. */
  readonly cursor: string | null
}

/**
 * A page of a list. The pages of one answer stay as they were at its first page while others write, and keep its language.
 * @throws Refusal `malformed` (foreign cursor), `forbidden`
 */
export async function listStatements(
  lrs: Lrs,
  caller: Caller,
  query: ListQuery,
  acceptLanguage: string | undefined,
): Promise<StatementPage> {
  demand(caller, 'read own statements')
  const mine = may(caller, 'read statements') ? [] : [credentialTerm(caller.id)]
  const position = query.cursor === undefined ? null : openCursor(query.cursor, caller, lrs.keys.cursors)
  const upTo = position?.upTo ?? (await lrs.stores.statements.lastSeq(caller.tenant))
  const { items, more } = await lrs.stores.statements.select(caller.tenant, {
    terms: [...termsOfQuery(query), ...mine],
    ...(query.since === undefined ? {} : { since: query.since }),
    ...(query.until === undefined ? {} : { until: query.until }),
    ascending: query.ascending,
    limit: Math.min(query.limit || PAGE_LIMIT, PAGE_LIMIT),
    upTo,
    ...(position ? { after: position.after } : {}),
  })
  const last = items.at(-1)
  const language = position ? position.language : acceptLanguage?.slice(0, LONGEST_LANGUAGE)
  const view: View = { format: query.format, acceptLanguage: language }
  const kept = query.format === 'canonical' && language !== undefined ? { language } : {}
  return {
    statements: await viewsOf(lrs, caller, items, view),
    found: items,
    cursor: more && last ? sealCursor({ after: last.seq, upTo, ...kept }, caller, lrs.keys.cursors) : null,
  }
}

/** In the canonical format with what all statements together said of each Activity (docs/decisions/0005). */
async function viewsOf(
  { stores }: Lrs,
  { tenant }: Caller,
  found: readonly StoredStatement[],
  { format, acceptLanguage }: View,
): Promise<string[]> {
  const exact = found.map(exactText)
  if (format === 'exact') return exact
  if (format === 'ids') return exact.map(idsText)
  const definitions = await definitionsOf(stores, tenant, [...new Set(exact.flatMap(activityIdsIn))])
  return exact.map((text) => canonicalText(text, acceptLanguage, definitions))
}
