/** From the plan to what is sent: sessions of statements, and the launch records beside them. */
import type { Purpose } from '../attempts/fact.ts'
import type { Agent } from '../xapi/types.ts'
import type { Person } from './people.ts'
import { idOf, personalise } from './personalise.ts'
import type { Plan, Visit } from './plan.ts'
import { type Recipe, recipeOf } from './recipes.ts'
import { readSample, type Sample } from './samples.ts'

/** What an LMS reports of a launch (POST /api/v1/launches, ruling 21). */
interface LaunchReport {
  readonly session: string
  readonly learner: Agent
  readonly origin: 'admin-catalog'
  readonly at: string
}

export interface Session {
  readonly visit: Visit
  readonly steps: Sample
  readonly launch?: LaunchReport
}

const SESSION_ID = 'https://w3id.org/xapi/cmi5/context/extensions/sessionid'

/** Reads the samples from disk. @returns one session for each visit, in the order of the plan */
export function sessionsOf({ people, visits }: Pick<Plan, 'people' | 'visits'>): readonly Session[] {
  const samples = new Map<string, Sample>()
  const sampleOf = (path: string): Sample => {
    const sample = samples.get(path) ?? readSample(path)
    samples.set(path, sample)
    return sample
  }
  return visits.map((visit): Session => {
    const recipe: Recipe = recipeOf(visit)
    const actor = actorOf(visit, people)
    const steps = personalise(sampleOf(recipe.sample).slice(0, recipe.steps), {
      visit: visit.key,
      person: `person ${visit.person ?? visit.key}`,
      actor,
      at: visit.at,
      ...(recipe.elements && { elements: recipe.elements }),
    })
    const sent = recipe.purpose ? withPurpose(steps, recipe.purpose) : steps
    return { visit, steps: sent, ...(recipe.launchRecord && { launch: launchOf(steps, actor, visit) }) }
  })
}

function withPurpose(steps: Sample, purpose: Purpose): Sample {
  return steps.map(({ statement }) => ({ statement, purpose }))
}

/** A guest is called as H5P calls people whose browser keeps nothing: by a new name each time (in-the-wild §1.6). */
function actorOf({ person, home, key }: Visit, people: readonly Person[]): Agent {
  const known = person === null ? undefined : people[person]
  if (known) return known.agents[home]
  return {
    objectType: 'Agent',
    account: { homePage: 'https://site.example.org', name: `not-trackable-${idOf(key, 'guest')}` },
  }
}

function launchOf(steps: Sample, learner: Agent, { at, kind }: Visit): LaunchReport {
  const sessions = steps.map(({ statement }) => statement.context?.extensions?.[SESSION_ID])
  const session = sessions.find((one) => typeof one === 'string')
  if (session === undefined) throw new Error(`the sample of «${kind}» names no session`)
  return { session, learner, origin: 'admin-catalog', at: new Date(at).toISOString() }
}
