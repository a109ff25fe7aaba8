/** The counted list as CSV (RFC 4180): every row of the window, so its length is the count (F2). */
import { pipeline } from 'node:stream/promises'
import { stringify } from 'csv-stringify'
import type { Response } from 'express'
import type { Caller } from '../../lrs/access/access.ts'
import type { UsageRow } from '../../lrs/close/usage.ts'
import type { Lrs } from '../../lrs/context.ts'
import { listCounted } from '../../lrs/counting/counted.ts'

const COLUMNS = ['learner', 'name', 'identities', 'key', 'statementId', 'at', 'stored', 'rule']
const PAGE = 1000

type Listed = Awaited<ReturnType<typeof listCounted>>

export async function sendCountedCsv(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  response: Response,
): Promise<void> {
  const first = await listCounted(lrs, caller, windowId, { limit: PAGE })
  response.set('Content-Type', 'text/csv; charset=utf-8; header=present')
  response.set('Content-Disposition', `attachment; filename="${windowId}.csv"`)
  // A name that starts with = or @ must not become a formula in a spreadsheet.
  const csv = stringify({ header: true, columns: COLUMNS, escape_formulas: true, record_delimiter: '\r\n' })
  await pipeline(rowsOf(lrs, caller, windowId, first), csv, response)
}

async function* rowsOf(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  first: Listed,
): AsyncGenerator<readonly string[]> {
  let page = first
  for (;;) {
    for (const item of page.items) yield rowOf(item)
    if (page.next === null) return
    page = await listCounted(lrs, caller, windowId, { limit: PAGE, cursor: page.next })
  }
}

function rowOf({
  learner,
  name,
  identities,
  key,
  firstEvidence,
}: Listed['items'][number]): readonly string[] {
  const identifiers = identities
    .map((one) => one.mbox ?? one.mbox_sha1sum ?? one.openid ?? accountText(one.account))
    .join(' ')
  // Erased of a closed window: the row stays, it is counted (ruling 17).
  const { statementId = '', at = '', stored = '', rule = '' } = firstEvidence ?? {}
  return [learner ?? '', name ?? '', identifiers, key, statementId, at, stored, rule]
}

function accountText(account: { homePage: string; name: string } | undefined): string {
  return account ? `${account.homePage}|${account.name}` : ''
}

/** Usage of closed windows, a row for each. */
export async function sendUsageCsv(rows: readonly UsageRow[], response: Response): Promise<void> {
  response.set('Content-Type', 'text/csv; charset=utf-8; header=present')
  response.set('Content-Disposition', 'attachment; filename="usage.csv"')
  const csv = stringify({ header: true, columns: USAGE, escape_formulas: true, record_delimiter: '\r\n' })
  await pipeline(rows, csv, response)
}

const USAGE = [
  'idempotencyKey',
  'policy',
  'version',
  'window',
  'start',
  'end',
  'timeZone',
  'closedAt',
  'closedCount',
  'automatic',
  'purged',
  'manual',
  'asKnownToday',
  'adjustedCount',
  'limit',
  'over',
  'surchargePct',
  'root',
] as const satisfies readonly (keyof UsageRow)[]
