/** /xapi/statements (1.0.3 Communication §2.1, 2.0.0 §4.1.6.1). */
import { type Request, type Response, Router } from 'express'
import { malformed, malformedAt } from '../../lrs/refusal.ts'
import { findStatement, listStatements } from '../../lrs/statements/find-statements.ts'
import { outgoingAttachments } from '../../lrs/statements/outgoing-attachments.ts'
import type { StoredStatement } from '../../store/ports.ts'
import { isUuid } from '../../xapi/formats.ts'
import { readStatementQuery } from '../../xapi/query.ts'
import { callerOf } from '../middleware.ts'
import { searchOf } from './parameters.ts'
import { type ReceiveDeps, storeReceived, wholeJson } from './receive-statements.ts'
import { versionOf } from './request.ts'
import { sendStatements } from './send-statements.ts'

export interface StatementsDeps extends ReceiveDeps {
  /** Told of every request that stored something, or found it there. */
  onStored(fresh: number, existing: number): void
}

export function statementsRouter({ onStored, ...deps }: StatementsDeps): Router {
  const router = Router()
  const { lrs, bodyLimit } = deps

  router.get('/', async (request, response) => {
    const read = readStatementQuery(searchOf(request), versionOf(response))
    if ('violations' in read) throw malformed(read.violations)
    const { query } = read
    const language = request.get('accept-language')
    const caller = callerOf(response)
    const bytesFor = async (found: readonly StoredStatement[]) =>
      query.attachments ? await outgoingAttachments(lrs, caller.tenant, found) : null
    if (query.kind !== 'list') {
      const { text, found } = await findStatement(lrs, caller, query, language)
      response.set('Last-Modified', new Date(found.stored).toUTCString())
      return await sendStatements(request, response, text, await bytesFor([found]))
    }
    const { statements, found, cursor } = await listStatements(lrs, caller, query, language)
    const more = cursor === null ? '' : moreLink(lrs.home, request, cursor)
    const page = `{"statements":[${statements.join(',')}],"more":${JSON.stringify(more)}}`
    return await sendStatements(request, response, page, await bytesFor(found))
  })

  router.post('/', wholeJson(bodyLimit), async (request, response) => {
    response.json(await store(request, response))
  })

  router.put('/', wholeJson(bodyLimit), async (request, response) => {
    const id = searchOf(request).get('statementId')
    if (id === null) throw malformedAt('?statementId', 'PUT needs the statementId', 'XAPI-00145')
    if (!isUuid(id)) throw malformedAt('?statementId', `«${id}» is not a UUID`, 'XAPI-00145')
    await store(request, response, id.toLowerCase())
    response.sendStatus(204)
  })

  return router

  async function store(request: Request, response: Response, putId?: string): Promise<readonly string[]> {
    const { ids, fresh } = await storeReceived(deps, request, response, putId)
    onStored(fresh, ids.length - fresh)
    return ids
  }
}

/**
 * The same query with the cursor in place: it keeps format, order and filters (1.0.3 Data §2.5). Relative to the host, so
 * with the path under which a proxy offers us.
 */
function moreLink(home: string, request: Request, cursor: string): string {
  const parameters = searchOf(request)
  parameters.set('cursor', cursor)
  return `${new URL(home).pathname.replace(/\/$/, '')}${request.baseUrl}?${parameters}`
}
