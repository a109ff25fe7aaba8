/** `rollcall import --dry-run`: what an import would change in each window, worked out and not stored (ruling 37). */
import type { StoredFact } from '../../attempts/fact.ts'
import { automaticLinks } from '../../attempts/identity.ts'
import type { Closing, LearnerHistory } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { countHistory, deriveHistory } from '../counting/recount.ts'
import { linesOf, survey } from './lines.ts'
import { createParts, type Parts } from './parts.ts'
import { type ImportedLine, importWriter, readLine } from './read-line.ts'
import { DONE, type ImportTask, REFUSED, type Told, UNFINISHED } from './task.ts'

/** Lines whose facts are held in memory at once. */
const PART_LINES = 50_000
const PROGRESS_EVERY = 1_000
/** Behind everything stored, as it will be. */
const BEHIND = 1e15

/** What a line would do to one learner: give a fact, or (null) void a statement that spoke of them. */
type Effect = StoredFact | null

interface Reading {
  readonly lrs: Lrs
  readonly task: ImportTask
  readonly told: Told
  readonly parts: Parts<Effect>
  /** Ids that the file voids; few. */
  readonly voided: Set<string>
  /** What the file brings is late for these windows (ruling 15). */
  readonly closings: readonly Closing[]
}

interface Totals {
  fresh: number
  existing: number
  refused: number
}

/** Keys that come and go in one window. */
interface Change {
  added: number
  removed: number
}

/** @returns the exit code an import would have; nothing is stored and nothing refused is listed */
export async function showEffect(lrs: Lrs, task: ImportTask, told: Told): Promise<number> {
  const { hash, lines } = await survey(task.file)
  const parts = await createParts<Effect>(Math.max(1, Math.ceil(lines / PART_LINES)))
  try {
    const closings = await lrs.stores.snapshots.closings(task.tenant)
    const reading: Reading = { lrs, task, told, parts, voided: new Set(), closings }
    const totals = await readAll(reading, hash, lines)
    if (totals === null) return UNFINISHED
    const changes = await changesOf(reading)
    told.print(
      `dry run: ${totals.fresh} statements would be stored, ${totals.existing} are there already, ${totals.refused} lines would be refused`,
    )
    for (const line of await table(lrs, task, changes)) told.print(line)
    return totals.refused > 0 ? REFUSED : DONE
  } finally {
    await parts.remove()
  }
}

/** @returns null when it was stopped */
async function readAll(reading: Reading, hash: string, lines: number): Promise<Totals | null> {
  const { lrs, task, told } = reading
  const writer = importWriter({ ...task, name: task.name ?? 'dry-run' }, lrs.home)
  const now = lrs.clock.now()
  const totals: Totals = { fresh: 0, existing: 0, refused: 0 }
  for await (const line of linesOf(task.file, 0)) {
    if (line.number % PROGRESS_EVERY === 0) {
      told.progress({ done: line.number, total: lines })
      if (told.signal.aborted) return null
    }
    const read = readLine(line, writer, { hash, now })
    if (read === null) continue
    if ('fault' in read) totals.refused += 1
    else await addEffects(reading, read, totals, now)
  }
  told.progress({ done: lines, total: lines })
  return totals
}

async function addEffects(
  { lrs, task, parts, voided }: Reading,
  { line, statement }: ImportedLine,
  totals: Totals,
  now: number,
): Promise<void> {
  if ((await lrs.stores.statements.find(task.tenant, statement.id)) !== null) {
    totals.existing += 1
    return
  }
  totals.fresh += 1
  const stored = statement.provenance?.received ?? now
  for (const fact of statement.facts) {
    const key = await learnerKey(lrs, task.tenant, fact.learner)
    await parts.add(key, { ...fact, seq: BEHIND + line, stored, voided: false })
  }
  if (statement.voids === null) return
  voided.add(statement.voids)
  for (const { learner } of await lrs.stores.metering.factsOf(task.tenant, statement.voids)) {
    await parts.add(await learnerKey(lrs, task.tenant, learner), null)
  }
}

/**
 * Who a fact will belong to: a learner who is there, or somebody new, whose mailbox and its xAPI hash are one. Of a new person
 * who comes with both the mailbox and Open edX's hash of it, in one file, the dry run makes two.
 */
async function learnerKey(lrs: Lrs, tenant: string, ifi: string): Promise<string> {
  const names = [ifi, ...automaticLinks(ifi)]
  for (const name of names) {
    const known = await lrs.stores.identities.byIfi(tenant, name)
    if (known) return known.learner
  }
  return `new:${names[1] ?? ifi}`
}

async function changesOf(reading: Reading): Promise<ReadonlyMap<string, Change>> {
  const changes = new Map<string, Change>()
  for await (const part of reading.parts.read()) {
    for (const [key, effects] of part) await addChanges(reading, key, effects, changes)
  }
  return changes
}

async function addChanges(
  reading: Reading,
  key: string,
  effects: readonly Effect[],
  changes: Map<string, Change>,
): Promise<void> {
  const history = await historyOf(reading.lrs, reading.task.tenant, key)
  const before = await keysOf(reading, history)
  const after = await keysOf(reading, withEffects(history, effects, reading.voided))
  for (const one of after) if (!before.has(one)) changeOf(changes, one).added += 1
  for (const one of before) if (!after.has(one)) changeOf(changes, one).removed += 1
}

async function historyOf(lrs: Lrs, tenant: string, key: string): Promise<LearnerHistory> {
  const known = key.startsWith('new:') ? null : await lrs.stores.metering.history(tenant, key)
  const nothing = { identities: [], facts: [], launches: [], tombstones: [], marks: [] }
  return known ?? { tenant, learner: key, revision: 0, ...nothing }
}

function withEffects(
  history: LearnerHistory,
  effects: readonly Effect[],
  voided: ReadonlySet<string>,
): LearnerHistory {
  const fresh = effects.filter((effect) => effect !== null)
  const facts = [...history.facts, ...fresh].map((fact) =>
    voided.has(fact.statementId) ? { ...fact, voided: true } : fact,
  )
  return { ...history, facts }
}

/** `policy|version|window start|key` of everything the learner counts for. */
async function keysOf(
  { lrs, closings }: Pick<Reading, 'lrs' | 'closings'>,
  history: LearnerHistory,
): Promise<ReadonlySet<string>> {
  if (history.facts.length === 0) return new Set()
  const counts = await countHistory(lrs, history, await deriveHistory(lrs, history), closings)
  return new Set(
    counts.flatMap(({ policy, version, counted }) =>
      counted.map(({ windowStart, key }) => [policy, version, windowStart, key].join('|')),
    ),
  )
}

function changeOf(changes: Map<string, Change>, key: string): Change {
  const window = key.split('|').slice(0, 3).join('|')
  const change = changes.get(window) ?? { added: 0, removed: 0 }
  changes.set(window, change)
  return change
}

async function table(
  lrs: Lrs,
  { tenant }: ImportTask,
  changes: ReadonlyMap<string, Change>,
): Promise<readonly string[]> {
  if (changes.size === 0) return ['no window would change']
  const rows: string[] = []
  for (const [window, { added, removed }] of [...changes].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [policy = '', version, start] = window.split('|')
    const now = await lrs.stores.metering.countOf(tenant, {
      policy,
      version: Number(version),
      start: Number(start),
    })
    const from = new Date(Number(start)).toISOString()
    rows.push(
      `${policy} version ${version}, window from ${from}: ${now} now, ${now + added - removed} then (+${added} −${removed})`,
    )
  }
  return rows
}
