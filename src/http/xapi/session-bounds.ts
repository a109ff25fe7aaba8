/** Stands before every resource: the content of a cmi5 session stays with what its launch is about. */
import type { RequestHandler } from 'express'
import { refuseForeignResource } from '../../lrs/cmi5/bounds.ts'
import { callerOf } from '../middleware.ts'
import { resourceOf, searchOf } from './parameters.ts'

export const keepWithinSession: RequestHandler = (request, response, next) => {
  const caller = callerOf(response)
  if (caller.kind === 'credential' && caller.session) {
    const reads = request.method === 'GET' || request.method === 'HEAD'
    const parameters = searchOf(request)
    // Statements are looked at one by one where they are stored, and read by the credential that wrote them.
    const resource = resourceOf(request)
    if (resource !== '/statements') refuseForeignResource(caller.session, { resource, reads, parameters })
  }
  next()
}
