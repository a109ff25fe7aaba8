/** A sample session, lived through by somebody else at another time: new actor, ids, sessions and times; same shape. */
import { v5 as uuidv5 } from 'uuid'
import { NAMESPACE } from '../attempts/namespace.ts'
import type { Agent, Statement } from '../xapi/types.ts'
import type { Sample, SampleStep } from './samples.ts'

export interface Life {
  /** Unique for the visit: makes statement, session and attempt ids. */
  readonly visit: string
  /** The same for all visits of a person: makes registrations, which outlive a session. */
  readonly person: string
  readonly actor: Agent
  /** When the first statement is written, ms. */
  readonly at: number
  /** Element ids to be replaced, e.g. by one that the catalogue does not track. */
  readonly elements?: Readonly<Record<string, string>>
}

const DEMO = uuidv5(`${NAMESPACE}demo`, uuidv5.URL)

const SESSION_EXTENSIONS: readonly string[] = [
  'https://w3id.org/xapi/cmi5/context/extensions/sessionid',
  'https://w3id.org/xapi/video/extensions/session-id',
  'http://id.tincanapi.com/extension/attempt-id',
]
const ATTEMPT_UUID = /(?<=[?&]attemptId=)[0-9a-f-]{36}/gi
/** Moodle's quiz attempts are numbered. */
const ATTEMPT_NUMBER = /(?<=[?&]attempt=)\d+/g
/** What a host adds when content sends no time itself (in-the-wild §1.6). */
const STEP_MS = 40_000

export function personalise(sample: Sample, life: Life): Sample {
  const replacements = replacementsOf(sample, life)
  const replace = (text: string): string =>
    replacements.get(text) ??
    text
      .replace(ATTEMPT_UUID, (uuid) => idOf(life.visit, uuid))
      .replace(ATTEMPT_NUMBER, (number) => numberOf(life.visit, number))
  const times = timesOf(sample, life.at)
  return sample.map(({ statement, purpose }, index): SampleStep => {
    const { actor: _, timestamp: __, stored: ___, ...rest } = statement
    const changed = rewrite(rest, replace) as Omit<Statement, 'actor'>
    const timestamp = new Date(times[index] ?? life.at).toISOString()
    return { purpose, statement: { ...changed, actor: life.actor, timestamp } }
  })
}

/** Everything of the sample that belongs to its own learner and session, and what stands there instead. */
function replacementsOf(sample: Sample, { visit, person, elements }: Life): ReadonlyMap<string, string> {
  const found = new Map(Object.entries(elements ?? {}))
  for (const { statement } of sample) {
    const { registration, extensions } = statement.context ?? {}
    if (statement.id) found.set(statement.id, idOf(visit, statement.id))
    if (registration) found.set(registration, idOf(person, registration))
    for (const key of SESSION_EXTENSIONS) {
      const session = extensions?.[key]
      if (typeof session === 'string') found.set(session, idOf(visit, session))
    }
  }
  return found
}

/** The times of the sample, moved as a block so that it begins at `at`. */
function timesOf(sample: Sample, at: number): readonly number[] {
  const own = sample.map(({ statement }) => (statement.timestamp ? Date.parse(statement.timestamp) : null))
  const start = Math.min(...own.filter((time) => time !== null))
  return own.map((time, index) => (time === null ? at + index * STEP_MS : at + time - start))
}

function rewrite(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value)
  if (Array.isArray(value)) return value.map((item) => rewrite(item, replace))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewrite(item, replace)]))
}

export function idOf(scope: string, original: string): string {
  return uuidv5(`${scope}|${original.toLowerCase()}`, DEMO)
}

function numberOf(scope: string, original: string): string {
  return String(Number.parseInt(idOf(scope, original).slice(0, 8), 16))
}
