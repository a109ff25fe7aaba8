/** Examples for a policy's description, each with the policy's own verdict: statements in, counting as always, keys out. */
import { notYetAvailable, type Policy } from '../policy.ts'
import type { Texts } from '../text-en.ts'
import { madeExamples, type Told } from './made.ts'
import { SCENES, type Scene } from './scenes.ts'
import { adds, momentsOf } from './story.ts'

export interface Example extends Told {
  readonly counts: boolean
}

/** None for a policy that cannot be counted yet. */
export function examplesOf(policy: Policy, texts: Texts): readonly Example[] {
  if (notYetAvailable(policy).length > 0) return []
  const moments = momentsOf(policy)
  const scenes = Object.entries(SCENES).map(([scene, tell]) => ({
    text: texts.examples[scene as Scene],
    story: tell(moments),
  }))
  return [
    ...scenes.map((told) => explained(policy, judged(policy, told), texts)),
    ...madeExamples(policy, texts).map((told) => judged(policy, told)),
  ]
}

function judged(policy: Policy, told: Told): Example {
  return { ...told, counts: adds(policy, told.story) }
}

/** Where one statement is not enough, a scene says that this is why it does not count. */
function explained(policy: Policy, example: Example, texts: Texts): Example {
  const { atLeast, ...count } = policy.count
  if (!atLeast || example.counts || !adds({ ...policy, count }, example.story)) return example
  return { ...example, text: texts.made.notEnough(example.text, atLeast.n, atLeast.distinct) }
}
