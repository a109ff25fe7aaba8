/** The figures in plain text for an administrator. Pure: figures in, lines out. */
import type { Explanation, Figures, Licence, PastWindow, Untracked } from './figures.ts'

export function reportLines({ licences, untracked, explanations }: Figures): readonly string[] {
  return [
    '',
    'Licence views',
    ...table([LICENCE_HEADS, ...licences.map(({ licence }) => licenceRow(licence))], LEFT_IN_LICENCES),
    '',
    'Earlier windows: active learners by first day',
    ...licences.flatMap(({ licence, past }) => pastLines(licence.policy, past)),
    '',
    'Statements that were not tracked, and why',
    ...table([UNTRACKED_HEADS, ...untracked.map(untrackedRow)], LEFT_IN_UNTRACKED),
    '',
    ...explanations.flatMap(({ policy, explanation }) => explanationLines(policy, explanation)),
  ]
}

const LICENCE_HEADS = [
  'Policy',
  'Window',
  'Active',
  'Limit',
  'Used',
  'Left',
  'Over',
  'Total',
  'Surcharge',
  'Alerts',
]
const LEFT_IN_LICENCES: readonly number[] = [0, 1, 9]

function licenceRow(licence: Licence): readonly string[] {
  const {
    policy,
    window,
    activeLearners,
    limit,
    percent,
    remaining,
    over,
    totalLearners,
    surchargePct,
    alerts,
  } = licence
  const reached = alerts.filter((alert) => alert.reached).map(({ at }) => at)
  return [
    policy,
    window ? `${dayOf(window.start)} to ${dayOf(window.end)}` : 'none open',
    String(activeLearners),
    numberOr(limit),
    percent === null ? '-' : `${percent}%`,
    numberOr(remaining),
    numberOr(over),
    String(totalLearners),
    `${surchargePct}%`,
    reached.join(' ') || '-',
  ]
}

const WINDOWS_PER_LINE = 4

function pastLines(policy: string, past: readonly PastWindow[]): readonly string[] {
  if (past.length === 0) return [`  ${policy}  none yet`]
  const entries = past.map(
    ({ start, activeLearners }) => `${dayOf(start)} ${String(activeLearners).padStart(4)}`,
  )
  const rows = Array.from({ length: Math.ceil(entries.length / WINDOWS_PER_LINE) }, (_, row) =>
    entries.slice(row * WINDOWS_PER_LINE, (row + 1) * WINDOWS_PER_LINE),
  )
  return rows.map(
    (row, index) => `  ${(index === 0 ? policy : '').padEnd(policy.length)}  ${row.join('   ')}`,
  )
}

const UNTRACKED_HEADS = ['Reason', 'Statements', 'Learners', '']
const LEFT_IN_UNTRACKED: readonly number[] = [0, 3]

function untrackedRow({ reason, statements, learners, text }: Untracked): readonly string[] {
  return [reason, String(statements), String(learners), text]
}

function explanationLines(policy: string, explanation: Explanation): readonly string[] {
  const { name, identities, counted, evidence, nearestMiss } = explanation
  const known = identities.map(
    (one) => one.mbox ?? one.mbox_sha1sum ?? one.openid ?? `${one.account?.homePage} ${one.account?.name}`,
  )
  const why = counted
    ? [
        `Counted since ${timeOf(evidence?.at ?? '')} by statement ${evidence?.statementId} (rule: ${evidence?.rule}).`,
      ]
    : [
        'Not counted.',
        ...(nearestMiss
          ? [`Nearest: statement ${nearestMiss.statementId} of ${timeOf(nearestMiss.at)}.`, nearestMiss.text]
          : []),
      ]
  return [
    `Why ${name} is ${counted ? '' : 'not '}counted in ${policy}`,
    ...[`Known as ${known.join(' and ')}.`, ...why].map(indent),
    '',
  ]
}

const indent = (line: string): string => `  ${line}`

/** Columns wide enough for their longest cell; numbers to the right. @param left columns set to the left */
function table(rows: readonly (readonly string[])[], left: readonly number[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return left.includes(column) ? cell.padEnd(width) : cell.padStart(width)
    })
    return indent(cells.join('  ')).trimEnd()
  })
}

const numberOr = (value: number | null): string => (value === null ? '-' : String(value))
const dayOf = (instant: string): string => instant.slice(0, 10)
const timeOf = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')} UTC`
