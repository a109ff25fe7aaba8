import type { Classified, Obstacle } from '../attempts/derivation.ts'
import { notYetAvailable, type Policy } from './policy.ts'
import { qualify } from './qualify.ts'
import type { Texts } from './text-en.ts'

export interface Example {
  readonly text: string
  readonly counts: boolean
}

interface Story {
  readonly verb: string
  readonly obstacles?: readonly Obstacle[]
  readonly launchModeUnknown?: boolean
}

const ADL = 'http://adlnet.gov/expapi/verbs'

/** What happened, as classifying it gives it. The policy itself then says whether it counts: no example can be wrong. */
const STORIES: Readonly<Record<keyof Texts['examples'], Story>> = {
  registered: { verb: `${ADL}/registered`, obstacles: ['administrative-verb'] },
  signedIn: { verb: 'https://w3id.org/xapi/adl/verbs/logged-in', obstacles: ['administrative-verb'] },
  opened: { verb: `${ADL}/initialized` },
  adminAsLearner: { verb: `${ADL}/initialized` },
  resumed: { verb: `${ADL}/resumed` },
  completed: { verb: `${ADL}/completed` },
  accessed: { verb: 'https://w3id.org/xapi/netc/verbs/accessed' },
  resource: { verb: 'http://id.tincanapi.com/verb/viewed', obstacles: ['resource'] },
  attended: { verb: `${ADL}/attended`, obstacles: ['resource'] },
  catalogue: { verb: `${ADL}/initialized`, obstacles: ['launch-record'] },
  browse: { verb: `${ADL}/initialized`, obstacles: ['cmi5-browse'] },
  unverified: { verb: `${ADL}/initialized`, obstacles: ['unverified-preview'] },
  unknownMode: { verb: `${ADL}/initialized`, launchModeUnknown: true },
  blocked: { verb: `${ADL}/launched`, obstacles: ['launched-only'] },
  deleted: { verb: `${ADL}/initialized`, obstacles: ['voided'] },
  nobody: { verb: `${ADL}/initialized`, obstacles: ['not-a-person'] },
}

/** Examples for a policy's description, each with the policy's own verdict; none for a policy that cannot be counted yet. */
export function examplesOf(policy: Policy, texts: Texts): readonly Example[] {
  if (notYetAvailable(policy).length > 0) return []
  const stories = Object.entries(STORIES) as [keyof Texts['examples'], Story][]
  return stories.map(([name, story]) => ({
    text: texts.examples[name],
    counts: qualify(classifiedOf(story), policy).qualifies,
  }))
}

function classifiedOf({ verb, obstacles = [], launchModeUnknown = false }: Story): Classified {
  return {
    fact: {
      statementId: 'example',
      learner: 'example',
      verb,
      object: { id: 'example:element' },
      parents: [],
      groupings: [],
      source: 'other',
      keys: [],
      at: 0,
      credential: 'example',
      purpose: 'learner',
      seq: 0,
      stored: 0,
      voided: obstacles.includes('voided'),
    },
    at: 0,
    resumedAt: 0,
    element: 'example:element',
    elementRule: 'default',
    obstacles,
    launchModeUnknown,
    attempt: null,
  }
}
