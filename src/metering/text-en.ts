/**
 * Every English sentence of metering. A translation is another object of this shape; text.ts only decides which sentence a
 * policy needs and gives it the policy's values.
 */
export const english = {
  headings: {
    counts: 'What counts',
    examplesThatCount: 'Examples that count',
    examplesThatDoNot: 'Examples that do not count (each adds 0)',
    once: 'Once per what',
    window: 'Windows',
    time: 'Which time decides',
    closing: 'Closing and late facts',
    removal: 'Deleting',
    limit: 'Limit',
    price: 'Price',
    alerts: 'Alerts',
    unavailable: 'Not counted by this version yet',
  },

  counts: (name: string) =>
    `${name}: a learner is active in a window, and counts, with at least one statement in it that matches one of the rules below.`,
  any: (rule: string) => `It counts if ${rule}.`,
  none: (rule: string) => `It never counts if ${rule}.`,
  and: ' and ',
  parts: {
    evidence: () =>
      'it shows use of a tracked learning element (opening it is enough; nothing need be finished)',
    verb: (entries: readonly string[]) => `its verb is ${or(entries)}`,
    activityType: (values: readonly string[]) => `its activity is of the type ${or(values)}`,
    activity: (values: readonly string[]) => `its activity is ${or(values)}`,
    profile: (values: readonly string[]) =>
      values.includes('*')
        ? 'it is a statement of any profile or of none'
        : `it follows the profile ${or(values)}`,
    tag: (values: readonly string[]) => `its element carries the tag ${or(values)} in the catalogue`,
    launchMode: (values: readonly string[]) =>
      `it was launched in the mode ${or(values)} (a launch nobody told the mode of is Normal)`,
    authority: (values: readonly string[]) => `it was written with the credential ${or(values)}`,
    learnerIn: (values: readonly string[]) => `its learner is in ${or(values)}`,
    progressAtLeast: (value: number) =>
      `it reports progress of at least ${percent(value * 100)}, or the completion of its element`,
  },
  whateverElement: ', whatever the element',
  group: (name: string, iris: readonly string[]) => `«${name}» (${iris.join(', ') || 'no verb confirmed'})`,
  launchModeUnknown: {
    count: 'A cmi5 session whose launch mode nobody reported counts.',
    skip: 'A cmi5 session whose launch mode nobody reported does not count.',
  },
  browse: {
    exclude: 'Content opened in Browse mode does not count.',
    count: 'Content opened in Browse mode counts like any other use.',
  },
  resources: {
    exclude:
      'SCORM content is always tracked. Plain resources (a file, a link, a page) and elements with tracking set to None are not.',
    count:
      'Plain resources (a file, a link, a page) and elements with tracking set to None are treated like tracked elements.',
  },
  unverifiedPreview: {
    skip: 'A preview claimed by content itself, not by the LMS, does not count either; it is listed for review.',
    count: 'A preview claimed by content itself, not by the LMS, is not believed: it counts.',
  },
  atLeast: (n: number, distinct: string) =>
    distinct === 'statement'
      ? `A learner needs ${plural(n, 'statement')} in the window.`
      : `A learner needs statements of ${plural(n, `different ${distinct}`)} in the window.`,
  minAgeHours: (hours: number) =>
    `A learner counts only ${plural(hours, 'hour')} after being seen for the first time, and only in windows that had not ended by then.`,

  unique: (keys: readonly string[]) => `Each ${keys.join(' and ')} counts`,
  once: {
    'per-window': (key: string) =>
      `${key} once in each window, however many uses, elements or attempts there are.`,
    ever: (key: string) => `${key} once and never again, in the window of the first use.`,
  },
  groupActors: {
    members: 'What a group did counts for each of its members; the group itself never counts.',
    ignore: 'What a group did counts for nobody.',
  },
  people:
    'Several identifiers that are linked to one person are one learner. Instructors and teams named beside a statement never count for it.',

  length: (months: number | undefined, days: number | undefined) =>
    months === undefined ? plural(days ?? 0, 'day') : plural(months, 'month'),
  anchored: (length: string, anchor: string) =>
    `Windows of ${length} follow one another, the first from ${anchor}. Nothing before that date counts.`,
  clamped:
    'Each is stepped from that first date: where a month has no such day, the window begins on the last day of the month.',
  within: (term: number) => `They begin anew with each term of ${plural(term, 'month')}.`,
  remainder: {
    last: 'What is left over of a term belongs to its last window.',
    own: 'What is left over of a term is a window of its own.',
  },
  calendar: (length: string) => `Windows of ${length} follow one another, each from the 1st of a month.`,
  calendarAnchor: (anchor: string) => `They are laid out from the 1st of the month of ${anchor}.`,
  calendarDays: (length: string) => `Windows of ${length} follow one another without a gap.`,
  calendarDaysAnchor: 'They are laid out from 1 January 1970.',
  rolling: (length: string) => `At any time the last ${length} are looked at.`,
  evaluateAt: (months: number, day: number) =>
    `The number is sealed every ${plural(months, 'month')}, on day ${day} of the month.`,
  zone: (zone: string) =>
    `Dates are those of the time zone ${zone}. A window begins with the first instant of its first date; that instant is no longer part of the window before.`,
  reset: 'Every window starts at 0.',

  timeBy: {
    timestamp:
      'A statement belongs to the window in which it says it happened; one that names no time to that in which it was received.',
    stored: 'A statement belongs to the window in which it was received.',
  },
  resumeBy: {
    stored:
      'SCORM content that was resumed counts when it was resumed, even where its statements carry the time of the first start.',
    timestamp:
      'SCORM content that was resumed counts at the time its statements carry, which may be that of the first start.',
  },
  futureSkew: (minutes: number) =>
    `A time more than ${plural(minutes, 'minute')} ahead of receipt is replaced by the time of receipt.`,
  maxBackdate: (days: number | null) =>
    days === null
      ? 'There is no limit to how old a statement may be.'
      : `Statements older than ${plural(days, 'day')} when received do not count; they go to a review list.`,

  grace: (hours: number) =>
    `A window is closed ${plural(hours, 'hour')} after its end; a closed count never changes.`,
  late: {
    adjust: 'What arrives later becomes an adjustment, shown beside the closed count.',
    'next-window':
      'What arrives later counts in the first window that is still open then, unless the learner counts in its own already.',
    ignore: 'What arrives later is listed and does not count.',
  },

  voided: {
    counts: 'Voiding (logical deletion) takes use out of the reports; it still counts.',
    drops: 'Voiding (logical deletion) takes use out of the reports and out of the count of open windows.',
  },
  purged: {
    counts: 'Purging (physical deletion) does not lower the count.',
    drops: 'Purging (physical deletion) lowers the count of open windows at once; it cannot be undone.',
  },
  erased: {
    counts: 'Erasing a person keeps the count.',
    drops: 'Erasing a person lowers the count of open windows.',
  },

  limit: (included: number) => `The limit is ${plural(included, 'active learner')}.`,
  noLimit: 'There is no limit.',
  judge: {
    'each-window':
      'Each window is compared with it on its own; only active learners are compared, never all learners.',
    'mean-of-3': 'The mean of three windows, this one and the two before, is compared with it.',
    'sum-over-term': 'The windows of a term are added up and compared with it.',
  },
  tolerance: (pct: number) => `Up to ${percent(pct)} more is tolerated.`,
  bank: (learners: number) =>
    `A bank of ${plural(learners, 'learner')} for each term covers what goes beyond in its windows.`,
  term: (months: number) => `A term has ${plural(months, 'month')}.`,
  enforce: {
    never: 'Beyond the limit nothing is blocked: nobody is locked out and every statement is taken.',
    'signal-block': 'Beyond the limit the LMS is told to block new learners; every statement is still taken.',
  },

  surcharge: (pct: number, factor: number) =>
    `The fee for the limit is multiplied by ${factor} (surcharge ${percent(pct)}).`,
  noSurcharge: 'There is no surcharge on the fee for the limit.',
  perExtra: (price: string) => `Each active learner above the limit costs ${price}.`,

  noAlerts: 'No alert is sent.',
  alertOff: 'A level left blank or at 0 sends nothing.',
  alert: (level: string, on: 'actual' | 'forecast') =>
    `An alert is sent once per window when the ${on === 'actual' ? 'count reaches' : 'forecast for its end reaches'} ${level}`,
  alertPercent: (level: number) => `${percent(level)} of the limit`,
  alertNumber: (level: number) => plural(level, 'active learner'),
  probability: (value: number) => ` with a probability of ${percent(value * 100)}`,
  recipients: (to: readonly string[]) => `, to ${to.join(', ')}`,

  examples: {
    registered: 'A thousand people are registered, imported or enrolled and do nothing.',
    signedIn: 'A learner signs in and opens nothing.',
    opened: 'A learner opens a tracked course and closes it again.',
    adminAsLearner: 'An administrator does assigned training as a learner.',
    resumed: 'A learner resumes a course begun in an earlier window.',
    completed: 'A learner completes a course.',
    accessed: 'A learner opens a page of a tracked course.',
    resource: 'A learner opens a plain resource: a file, a link, a page.',
    attended: 'A learner attends a session of an instructor-led course that is not tracked.',
    together: 'A class opens a course together, as a group whose members are named.',
    catalogue: 'An administrator launches a course from the catalogue of the LMS.',
    browse: 'Somebody opens a course in Browse mode.',
    unverified: 'Content calls its own launch a preview, and the LMS says nothing.',
    unknownMode: 'A cmi5 course is used and the LMS never reported the launch mode.',
    blocked: 'The LMS launches a course, but its window is blocked and it never opens.',
    deleted: 'A learner uses a course, and the attempt is then deleted logically.',
    nobody: 'A test account or a guest opens a course.',
  },

  made: {
    matching: (rule: string, n: number, distinct: string) =>
      n === 1
        ? `A statement comes in, and ${rule}.`
        : `${n} statements${distinct === 'statement' ? '' : ` of ${plural(n, `different ${distinct}`)}`} come in, and of each: ${rule}.`,
    notEnough: (scene: string, n: number, distinct: string) =>
      `${scene} (It takes ${plural(n, distinct === 'statement' ? distinct : `different ${distinct}`)}: this alone is one.)`,
    again: 'A learner who counted in an earlier window does the same again.',
    excluded: (rule: string) => `What would count comes in, but ${rule}.`,
    late: 'What would count arrives only after its window was closed.',
    old: (days: number) => `What would count arrives ${plural(days, 'day')} after it happened.`,
    newcomer: 'Somebody who was never seen before does what counts in the last minute of a window.',
  },

  misses: {
    voided: 'It was voided, and this policy does not count what was voided.',
    'authority-not-allowed': 'It was written with a credential that the policy does not name.',
    'learner-not-in-group': 'The learner is in none of the groups that the policy names.',
    'other-launch-mode': 'It was launched in another mode than the policy names.',
    'other-tag': 'Its element carries none of the tags that the policy names.',
    'no-rule-matches': 'No rule of the policy is about this statement.',
    'excluded-by-none': 'The policy excludes such statements.',
    'launch-mode-unknown':
      'Nobody reported the launch mode of the session, and the policy then does not count it.',
    'group-member': 'It is a group that acted, and the policy does not count members of groups.',
  },
  excluded: (rule: string) => `The policy never counts a statement if ${rule}.`,
  progress: (value: number) =>
    `It reports progress of ${percent(value)}, which is less than the policy asks for.`,
  backDated: (days: number) =>
    `It was older than ${plural(days, 'day')} when it was received: it is listed for review and does not count.`,
  belowAtLeast: ({ needs, has, distinct }: { needs: number; has: number; distinct: string }) =>
    `It would count, but the policy asks for ${plural(needs, `different ${distinct}`)} in the window, and there ${has === 1 ? 'is' : 'are'} ${has}.`,
  tooYoung: (hours: number) =>
    `It would count, but nobody counts before ${plural(hours, 'hour')} have passed since they were first seen.`,
  countedEarlier: (start: string | null) =>
    start === null
      ? 'The policy counts once ever, and the first use lies before its first window.'
      : `The policy counts once ever, and it was counted in the window that began ${start}.`,
  cameLate: {
    adjusted: (_window: string) =>
      'It came after the window was closed: an adjustment counts it beside the closed count.',
    ignored: (_window: string) =>
      'It would count, but came after the window was closed: the policy lists it and does not count it.',
    'next-window': (window: string) =>
      `It came after the window was closed: the policy counts it with ${window}, the first window still open then.`,
    'already-counted': (_window: string) =>
      'It came after the window was closed, and what came in time suffices already.',
  },
  sinceClosing: {
    late: 'It was not known when the window was closed: it is no part of the snapshot, but of what is known today.',
    split:
      'When the window was closed this was one person with somebody who is in the snapshot. Apart they are part of what is known today.',
    reclassified:
      'It did not count when the window was closed, and does since a launch, the catalogue or a group was corrected: it is part of what is known today.',
  },
  countedLate: (window: string | null) =>
    `It came after ${window ?? 'the window it belongs to'} was closed, and counts in the first window still open then.`,
  beforeReign: 'It happened before this version of the policy began to decide.',

  breakdown: ({ inSeveral, sum, count }: { inSeveral: number; sum: number; count: number }) =>
    inSeveral === 0
      ? `Nobody is in more than one group: the groups, and those in none, add up to the count of ${count}.`
      : `Each is counted once in every group they are in. ${inSeveral} of ${count} ${inSeveral === 1 ? 'is' : 'are'} in more than one, so the groups add up to ${sum}, which is more than the count.`,

  outside: (before: boolean) => `It would count, but lies ${before ? 'before' : 'after'} the window.`,
  outsideAnyway: (before: boolean) =>
    `It lies ${before ? 'before' : 'after'} the window and would not count in it either.`,
}

export type Texts = typeof english

function plural(n: number, noun: string): string {
  return `${n} ${n === 1 ? noun : pluralOf(noun)}`
}

function pluralOf(noun: string): string {
  return noun.endsWith('y') && !noun.endsWith('ay') ? `${noun.slice(0, -1)}ies` : `${noun}s`
}

function percent(value: number): string {
  return `${Number(value.toFixed(6))} %`
}

function or(values: readonly string[]): string {
  return values.join(' or ')
}
