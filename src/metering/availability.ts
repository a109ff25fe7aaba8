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
  ['$.window.kind', (p) => p.window.kind === 'rolling', 'Rolling windows are not available yet.'],
  [
    '$.window.length',
    (p) => p.window.kind === 'calendar' && p.window.length.days !== undefined,
    'Calendar windows of days are not available yet; use anchored ones.',
  ],
  ['$.unique.once', (p) => p.unique.once === 'ever', 'Counting once ever is not available yet.'],
  ['$.unique.by', (p) => p.unique.by.join() !== 'learner', 'Only learners can be counted yet.'],
  [
    '$.count.atLeast',
    (p) => (p.count.atLeast?.n ?? 1) > 1,
    'Needing more than one statement, activity, attempt or day is not available yet.',
  ],
  ['$.count.minAgeHours', (p) => p.count.minAgeHours > 0, 'A minimum age is not available yet.'],
  [
    '$.time.maxBackdateDays',
    (p) => p.time.maxBackdateDays !== null,
    'A limit on back-dating is not available yet.',
  ],
  ['$.close.late', (p) => p.close.late !== 'adjust', 'Late facts can only become adjustments yet.'],
  [
    '$.removal.erased',
    (p) => p.removal.erased !== 'counts',
    'Not counting erased people is not available yet.',
  ],
  ['$.limit.judge', (p) => p.limit.judge !== 'each-window', 'Each window can only be judged on its own yet.'],
  ['$.limit.bank', (p) => (p.limit.bank ?? 0) > 0, 'A yearly bank is not available yet.'],
  [
    '$.limit.enforce',
    (p) => p.limit.enforce !== 'never',
    'Signalling a block to the LMS is not available yet.',
  ],
]

/** What the policy asks for that cannot be counted yet; empty = it can be used. */
export function notYetAvailable(policy: Policy): readonly Unavailable[] {
  const { any, none } = policy.count
  return [
    ...CHECKS.filter(([, asks]) => asks(policy)).map(([path, , message]) => ({ path, message })),
    ...any.flatMap((rule, index) => unavailableParts(rule, `$.count.any[${index}]`)),
    ...none.flatMap((rule, index) => unavailableParts(rule, `$.count.none[${index}]`)),
    ...policy.alerts.flatMap((alert, index) =>
      alert.on === 'forecast'
        ? [{ path: `$.alerts[${index}].on`, message: 'Alerts on the forecast are not available yet.' }]
        : [],
    ),
  ]
}

function unavailableParts(rule: MatchRule, path: string): readonly Unavailable[] {
  const parts = Object.entries(rule).filter(([, part]) => part !== undefined)
  const unknown = parts.filter(([name]) => name !== 'evidence' && name !== 'verb')
  return [
    ...unknown.map(([name]) => ({
      path: `${path}.${name}`,
      message: `Rules on ${name} are not available yet.`,
    })),
    ...(rule.verb ?? [])
      .filter((entry) => verbGroups.get(entry)?.confirmed === false)
      .map((entry) => ({
        path: `${path}.verb`,
        message: `Nobody has confirmed which verb IRIs «${entry}» stands for; name full IRIs instead.`,
      })),
  ]
}
