import type { MatchRule, Policy } from './policy.ts'
import { verbGroups } from './verbs.ts'

/** One thing a policy asks for that this version does not count: where (path from `$`) and a sentence. */
interface Unavailable {
  readonly path: string
  readonly message: string
}

type Check = readonly [path: string, asks: (policy: Policy) => boolean, message: string]

/** What the schema can say and no code counts yet. A row goes when its feature comes. */
const CHECKS: readonly Check[] = [
  [
    '$.unique.by',
    (p) => !p.unique.by.includes('learner'),
    'A count without learners is not available: counting goes learner by learner, so what two of them use would count twice. Name learner, alone or with others.',
  ],
  [
    '$.removal.erased',
    (p) => p.removal.erased !== 'counts',
    'People cannot be erased yet, so there is nobody to drop: leave it at «counts».',
  ],
]

/** What the policy asks for that cannot be counted yet; empty = it can be used. */
export function notYetAvailable(policy: Policy): readonly Unavailable[] {
  return [
    ...CHECKS.filter(([, asks]) => asks(policy)).map(([path, , message]) => ({ path, message })),
    ...policy.count.any.flatMap((rule, index) => unconfirmedGroups(rule, `$.count.any[${index}]`)),
  ]
}

/** Ruling 14. In `none` such a group excludes nothing, and the policy's text says that it names no verb. */
function unconfirmedGroups(rule: MatchRule, path: string): readonly Unavailable[] {
  return (rule.verb ?? [])
    .filter((entry) => verbGroups.get(entry)?.confirmed === false)
    .map((entry) => ({
      path: `${path}.verb`,
      message: `Nobody has confirmed which verb IRIs «${entry}» stands for; name full IRIs instead.`,
    }))
}
