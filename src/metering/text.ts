import { examplesOf } from './examples/examples.ts'
import { termMonths } from './judge.ts'
import { notYetAvailable, type Policy } from './policy.ts'
import { ruleText } from './rule-text.ts'
import { english, type Texts } from './text-en.ts'

/** One heading of a policy's description with its sentences. */
export interface PolicySection {
  readonly heading: string
  readonly lines: readonly string[]
}

/**
 * A policy in plain words, made from its fields alone (F3): changing a field changes a sentence.
 * @param name what to call the policy; its id by default
 */
export function policySections(
  policy: Policy,
  name = policy.id,
  texts: Texts = english,
): readonly PolicySection[] {
  const { headings } = texts
  const examples = examplesOf(policy, texts)
  const missing = notYetAvailable(policy).map(({ message }) => message)
  const sections: readonly PolicySection[] = [
    { heading: headings.counts, lines: countLines(policy, name, texts) },
    {
      heading: headings.examplesThatCount,
      lines: examples.filter(({ counts }) => counts).map(({ text }) => text),
    },
    {
      heading: headings.examplesThatDoNot,
      lines: examples.filter(({ counts }) => !counts).map(({ text }) => text),
    },
    { heading: headings.once, lines: onceLines(policy, texts) },
    { heading: headings.window, lines: windowLines(policy.window, texts) },
    { heading: headings.time, lines: timeLines(policy.time, texts) },
    {
      heading: headings.closing,
      lines: [texts.grace(policy.close.graceHours), texts.late[policy.close.late]],
    },
    { heading: headings.removal, lines: removalLines(policy.removal, texts) },
    { heading: headings.limit, lines: limitLines(policy, texts) },
    { heading: headings.price, lines: priceLines(policy.price, texts) },
    { heading: headings.alerts, lines: alertLines(policy.alerts, texts) },
    { heading: headings.unavailable, lines: missing },
  ]
  return sections.filter(({ lines }) => lines.length > 0)
}

/** The same as a flat list of sentences; headings stand before their lines with a colon. */
export function policyText(policy: Policy, name = policy.id, texts: Texts = english): readonly string[] {
  return policySections(policy, name, texts).flatMap(({ heading, lines }) =>
    lines.map((line) => `${heading}: ${line}`),
  )
}

function countLines({ count }: Policy, name: string, texts: Texts): readonly string[] {
  return [
    texts.counts(name),
    ...count.any.map((rule) => texts.any(ruleText(rule, texts))),
    ...count.none.map((rule) => texts.none(ruleText(rule, texts))),
    texts.resources[count.resources],
    texts.browse[count.browse],
    texts.unverifiedPreview[count.unverifiedPreview],
    texts.launchModeUnknown[count.launchModeUnknown],
    ...(count.atLeast ? [texts.atLeast(count.atLeast.n, count.atLeast.distinct)] : []),
    ...(count.minAgeHours > 0 ? [texts.minAgeHours(count.minAgeHours)] : []),
  ]
}

function onceLines({ unique }: Policy, texts: Texts): readonly string[] {
  return [
    texts.once[unique.once](texts.unique(unique.by)),
    texts.groupActors[unique.groupActors],
    texts.people,
  ]
}

function windowLines(window: Policy['window'], texts: Texts): readonly string[] {
  const { kind, anchor, within, evaluateAt } = window
  const length = texts.length(window.length.months, window.length.days)
  const opening = {
    anchored: () => [
      texts.anchored(length, anchor ?? ''),
      ...(window.length.months && Number(anchor?.slice(8)) > 28 ? [texts.clamped] : []),
    ],
    calendar: () =>
      window.length.months
        ? [texts.calendar(length), ...(anchor ? [texts.calendarAnchor(anchor)] : [])]
        : [texts.calendarDays(length), anchor ? texts.calendarAnchor(anchor) : texts.calendarDaysAnchor],
    rolling: () => [texts.rolling(length)],
  }
  return [
    ...opening[kind](),
    ...(within ? [texts.within(within.months), texts.remainder[within.remainder]] : []),
    ...(kind === 'rolling' ? [texts.evaluateAt(evaluateAt?.months ?? 1, evaluateAt?.day ?? 1)] : []),
    texts.zone(window.timeZone),
    ...(kind === 'rolling' ? [] : [texts.reset]),
  ]
}

function timeLines(time: Policy['time'], texts: Texts): readonly string[] {
  return [
    texts.timeBy[time.by],
    // Neither matters when the time of receipt decides anyway.
    ...(time.by === 'timestamp'
      ? [texts.resumeBy[time.resumeBy], texts.futureSkew(time.futureSkewMinutes)]
      : []),
    texts.maxBackdate(time.maxBackdateDays),
  ]
}

function removalLines(removal: Policy['removal'], texts: Texts): readonly string[] {
  return [texts.voided[removal.voided], texts.purged[removal.purged], texts.erased[removal.erased]]
}

function limitLines({ limit, window }: Policy, texts: Texts): readonly string[] {
  const ofTerm = limit.judge === 'sum-over-term' || (limit.bank ?? 0) > 0
  return [
    ...(limit.included === undefined ? [texts.noLimit] : [texts.limit(limit.included)]),
    texts.judge[limit.judge],
    ...(limit.tolerancePct > 0 ? [texts.tolerance(limit.tolerancePct)] : []),
    ...(limit.bank === undefined ? [] : [texts.bank(limit.bank)]),
    ...(ofTerm ? [texts.term(termMonths(window))] : []),
    texts.enforce[limit.enforce],
  ]
}

/** A16: the surcharge multiplies the fee of the limit. */
function priceLines({ surchargePct, perExtra }: Policy['price'], texts: Texts): readonly string[] {
  const factor = Number(((100 + surchargePct) / 100).toFixed(6))
  return [
    surchargePct === 0 ? texts.noSurcharge : texts.surcharge(surchargePct, factor),
    ...(perExtra === null ? [] : [texts.perExtra(perExtra)]),
  ]
}

function alertLines(alerts: Policy['alerts'], texts: Texts): readonly string[] {
  if (alerts.length === 0) return [texts.noAlerts]
  return alerts.map(({ at, on, probability, to }) => {
    const level = Number.parseInt(at, 10)
    if (!(level > 0)) return texts.alertOff
    const named = at.endsWith('%') ? texts.alertPercent(level) : texts.alertNumber(level)
    const chance = probability === undefined ? '' : texts.probability(probability)
    return `${texts.alert(named, on)}${chance}${to.length > 0 ? texts.recipients(to) : ''}.`
  })
}
