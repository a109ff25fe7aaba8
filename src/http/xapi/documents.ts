/** /xapi/activities/state, /activities/profile and /agents/profile (1.0.3 Communication §2.2, §2.3, §2.6, §2.7; 2.0.0 §4.1.6). */
import { type Request, type Response, Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import type { Bodies } from '../../lrs/statements/body-operations.ts'
import {
  listDocuments,
  readDocument,
  removeDocument,
  removeDocuments,
} from '../../lrs/statements/documents.ts'
import { identifierOf } from '../../xapi/actor.ts'
import { activitySubject } from '../../xapi/description.ts'
import type { DocumentPlace, DocumentResource, DocumentScope, Preconditions } from '../../xapi/document.ts'
import type { ParameterName, ResourceQuery } from '../../xapi/resource-query.ts'
import { bytesOf, callerOf, rawBody } from '../middleware.ts'
import { readQuery } from './lookups.ts'
import { versionOf } from './request.ts'

export interface DocumentsDeps {
  readonly lrs: Lrs
  readonly bodyLimit: number
  readonly bodies: Bodies
}

/** What names the owner of the documents of a resource, and the document itself. */
interface Shape {
  readonly owner: readonly ParameterName[]
  readonly id: 'stateId' | 'profileId'
}

const SHAPES: Readonly<Record<DocumentResource, Shape>> = {
  state: { owner: ['activityId', 'agent'], id: 'stateId' },
  'activity-profile': { owner: ['activityId'], id: 'profileId' },
  'agent-profile': { owner: ['agent'], id: 'profileId' },
}

export function documentsRouter(
  resource: DocumentResource,
  { lrs, bodyLimit, bodies }: DocumentsDeps,
): Router {
  const router = Router()
  const { owner, id: idName } = SHAPES[resource]

  router.get('/', async (request, response) => {
    const query = readQuery(request, response, owner)
    if (query[idName] === undefined) {
      const { ids, updated } = await listDocuments(
        lrs,
        callerOf(response),
        scopeOf(resource, query),
        query.since,
      )
      if (updated !== null) response.set('Last-Modified', new Date(updated).toUTCString())
      return response.json(ids)
    }
    const { body, contentType, etag, updated } = await readDocument(
      lrs,
      callerOf(response),
      placeOf(resource, query),
    )
    response.set({ ETag: `"${etag}"`, 'Last-Modified': new Date(updated).toUTCString() })
    // Whatever a client stored stands on our origin: should a browser be made to show it, it is nobody there.
    response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox")
    // Express would add a charset to it.
    response.setHeader('Content-Type', contentType)
    return response.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength))
  })

  for (const method of ['PUT', 'POST'] as const) {
    router[method === 'PUT' ? 'put' : 'post']('/', rawBody(bodyLimit), async (request, response) => {
      const query = readQuery(request, response, [...owner, idName])
      const { activityId } = query
      await bodies.run('write document', callerOf(response), {
        bytes: bytesOf(request),
        version: versionOf(response),
        method,
        target: { place: placeOf(resource, query), ...(activityId !== undefined && { activityId }) },
        contentType: request.get('content-type') ?? 'application/octet-stream',
        ...preconditionsOf(request),
      })
      response.sendStatus(204)
    })
  }

  router.delete('/', async (request, response) => {
    const query = readQuery(request, response, resource === 'state' ? owner : [...owner, idName])
    await remove(request, response, query)
    response.sendStatus(204)
  })

  return router

  async function remove(request: Request, response: Response, query: ResourceQuery): Promise<void> {
    const caller = callerOf(response)
    const preconditions = preconditionsOf(request)
    if (query[idName] === undefined)
      return removeDocuments(lrs, caller, scopeOf(resource, query), preconditions)
    return removeDocument(lrs, caller, placeOf(resource, query), preconditions)
  }
}

/** Without registration the documents of all registrations. */
function scopeOf(
  resource: DocumentResource,
  { activityId, agent, registration }: ResourceQuery,
): DocumentScope {
  return {
    resource,
    activity: activityId === undefined ? '' : activitySubject(activityId),
    agent: (agent && identifierOf(agent)) ?? '',
    registration: registration ?? null,
  }
}

/** Without registration the document that has none: it is a part of what names a document. */
function placeOf(resource: DocumentResource, query: ResourceQuery): DocumentPlace {
  const { stateId, profileId, registration } = query
  return { ...scopeOf(resource, query), registration: registration ?? '', id: stateId ?? profileId ?? '' }
}

function preconditionsOf(request: Request): Preconditions {
  return { ifMatch: request.get('if-match'), ifNoneMatch: request.get('if-none-match') }
}
