/** /xapi/statements (1.0.3 Communication §2.1, 2.0.0 §4.1.6.1), with JSON bodies. */
import { type Request, type Response, Router } from 'express'
import type { Bodies } from '../../lrs/body-operations.ts'
import type { Lrs } from '../../lrs/context.ts'
import { findStatement, listStatements } from '../../lrs/find-statements.ts'
import { malformed, malformedAt, Refusal } from '../../lrs/refusal.ts'
import { isUuid } from '../../xapi/formats.ts'
import { readStatementQuery } from '../../xapi/query.ts'
import { bytesOf, callerOf, rawBody } from '../middleware.ts'
import { searchOf } from './parameters.ts'
import { versionOf } from './request.ts'
import { sendStatements } from './send-statements.ts'

export interface StatementsDeps {
  readonly lrs: Lrs
  readonly bodyLimit: number
  readonly bodies: Bodies
  /** Told of every request that stored something, or found it there. */
  onStored(fresh: number, existing: number): void
}

export function statementsRouter({ lrs, bodyLimit, bodies, onStored }: StatementsDeps): Router {
  const router = Router()

  router.get('/', async (request, response) => {
    const read = readStatementQuery(searchOf(request), versionOf(response))
    if ('violations' in read) throw malformed(read.violations)
    const { query } = read
    const language = request.get('accept-language')
    if (query.kind !== 'list') {
      const { text, stored } = await findStatement(lrs, callerOf(response), query, language)
      response.set('Last-Modified', new Date(stored).toUTCString())
      return sendStatements(response, text, query.attachments)
    }
    const { statements, cursor } = await listStatements(lrs, callerOf(response), query, language)
    const more = cursor === null ? '' : moreLink(request, cursor)
    return sendStatements(
      response,
      `{"statements":[${statements.join(',')}],"more":${JSON.stringify(more)}}`,
      query.attachments,
    )
  })

  router.post('/', rawBody(bodyLimit), async (request, response) => {
    response.json(await store(request, response))
  })

  router.put('/', rawBody(bodyLimit), async (request, response) => {
    const id = searchOf(request).get('statementId')
    if (id === null) throw malformedAt('?statementId', 'PUT needs the statementId', 'XAPI-00145')
    if (!isUuid(id)) throw malformedAt('?statementId', `«${id}» is not a UUID`, 'XAPI-00145')
    await store(request, response, id.toLowerCase())
    response.sendStatus(204)
  })

  return router

  async function store(request: Request, response: Response, putId?: string): Promise<readonly string[]> {
    requireJson(request)
    const body = { bytes: bytesOf(request), version: versionOf(response), ...(putId && { putId }) }
    const { ids, fresh } = await bodies.run('store statements', callerOf(response), body)
    onStored(fresh, ids.length - fresh)
    return ids
  }
}

function requireJson(request: Request): void {
  const type = (request.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  if (type === 'application/json') return
  throw new Refusal(
    'unsupported-media-type',
    `statements are sent as application/json, not as «${type ?? ''}»`,
  )
}

/** The same query with the cursor in place: it keeps format, order and filters (1.0.3 Data §2.5). */
function moreLink(request: Request, cursor: string): string {
  const parameters = searchOf(request)
  parameters.set('cursor', cursor)
  return `${request.baseUrl}?${parameters}`
}
