/** What the groups about documents say to a server. */
import { randomUUID } from 'node:crypto'
import type { Running } from '../harness/running.ts'
import { type Asked, ownIri } from './endpoint.ts'

export const RESOURCES = ['/activities/state', '/activities/profile', '/agents/profile'] as const
export type ResourcePath = (typeof RESOURCES)[number]

const agentOf = (name: string = randomUUID()) => ({
  account: { homePage: 'https://lms.example.org', name },
})

/** Parameters of a document nobody else has. */
export function ownDocument(path: ResourcePath): Record<string, string> {
  const activityId = ownIri('activities')
  const agent = JSON.stringify(agentOf())
  if (path === '/activities/state') return { activityId, agent, stateId: 's' }
  return path === '/activities/profile' ? { activityId, profileId: 'p' } : { agent, profileId: 'p' }
}

export interface Sent extends Asked {
  readonly body?: string | Uint8Array
  readonly type?: string
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
}

export function asking(server: () => Running) {
  return (
    method: string,
    path: ResourcePath,
    parameters: Record<string, string>,
    { body, type, ifMatch, ifNoneMatch, headers, ...asked }: Sent = {},
  ): Promise<Response> =>
    server().xapi(`${path}?${new URLSearchParams(parameters)}`, {
      ...asked,
      method,
      ...(body !== undefined && { body: body as NonNullable<RequestInit['body']> }),
      headers: {
        ...(type !== undefined
          ? { 'Content-Type': type }
          : body !== undefined && { 'Content-Type': 'application/json' }),
        ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
        ...(ifNoneMatch !== undefined && { 'If-None-Match': ifNoneMatch }),
        ...headers,
      },
    })
}
