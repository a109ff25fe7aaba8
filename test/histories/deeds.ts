/** What an act comes to in the history so far: the same requests for whoever performs them. */
import type { CatalogueEntry, LaunchRecord } from '../../src/attempts/derivation.ts'
import type { Window } from '../../src/metering/count.ts'
import { identifierOf } from '../../src/xapi/actor.ts'
import type { Agent, Statement } from '../../src/xapi/types.ts'

const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const TEAM = 'Sales'
export const ROLE = 'manager'

export function actorOf(who: number): Agent {
  return { account: { homePage: 'https://lms.example', name: `u-${who}` } }
}
export function ifiOf(who: number): string {
  return identifierOf(actorOf(who)) ?? ''
}
export function elementOf(n: number): string {
  return `https://content.example/e/${n}`
}
export function sessionOf(element: number, session: number | null): string {
  return `${elementOf(element)}?attemptId=${session}`
}
/** The elements one by one: SCORM, which is always tracked; a course; a link, which is no more than a resource. */
const TYPES = ['lesson', 'course', 'link'].map((name) => `http://adlnet.gov/expapi/activities/${name}`)

function idOf(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}
/** Half past, so that no two moments that matter are ever milliseconds apart. */
export function ago(now: number, hours: number): number {
  return now - hours * HOUR - HOUR / 2
}

interface Used {
  readonly who: readonly number[]
  readonly element: number
  readonly session: number | null
  readonly verb: string
  readonly progress?: number
}
const PROGRESS = 'https://w3id.org/xapi/cmi5/result/extensions/progress'

export function useOf({ who, element, session, verb, progress }: Used, n: number, at: number): Statement {
  const scorm = element === 0 ? { category: [{ id: 'https://w3id.org/xapi/scorm' }] } : {}
  const attempt = {
    id: sessionOf(element, session),
    definition: { type: 'http://adlnet.gov/expapi/activities/attempt' },
  }
  const contextActivities = { ...scorm, ...(session !== null && { grouping: [attempt] }) }
  const [first = 0] = who
  return {
    id: idOf(n),
    actor: who.length === 1 ? actorOf(first) : { objectType: 'Group', member: who.map(actorOf) },
    verb: { id: verb },
    object: { id: elementOf(element), definition: { type: TYPES[element] as string } },
    ...(Object.keys(contextActivities).length > 0 && { context: { contextActivities } }),
    ...(progress !== undefined && { result: { extensions: { [PROGRESS]: progress } } }),
    timestamp: new Date(at).toISOString(),
  } as Statement
}

export function voidingOf(statementId: string, n: number, at: number): Statement {
  return {
    id: idOf(n),
    actor: { account: { homePage: 'https://lms.example', name: 'administrator' } },
    verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
    object: { objectType: 'StatementRef', id: statementId },
    timestamp: new Date(at).toISOString(),
  } as Statement
}

export interface Filter {
  /** By number. */
  readonly who?: number
  readonly team?: string
  readonly role?: string
  readonly element?: string
  readonly before?: number
  readonly after?: number
}

export type Deed =
  | { readonly does: 'send'; readonly statement: Statement; readonly preview: boolean }
  | { readonly does: 'link' | 'unlink'; readonly who: readonly [number, number] }
  | { readonly does: 'delete'; readonly mode: 'logical' | 'physical'; readonly filter: Filter }
  | { readonly does: 'catalogue'; readonly entry: Omit<CatalogueEntry, 'validFrom'> }
  | {
      readonly does: 'profile'
      readonly who: number
      readonly team: boolean
      readonly role: boolean
      readonly test: boolean
    }
  | {
      readonly does: 'launch'
      readonly who: number
      readonly record: Omit<LaunchRecord, 'id' | 'learner'>
    }
  | { readonly does: 'close'; readonly window: Window }
  | { readonly does: 'correct'; readonly window: string; readonly delta: number }
  | { readonly does: 'pass'; readonly days: number }
  | { readonly does: 'restart' | 'nothing' }
