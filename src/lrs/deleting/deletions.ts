/** Deleting attempts (A21–A24, F10): what is asked for, what it hits, and what became of it. */
import { z } from 'zod'
import type { DeletionRecord, Page, PageRequest } from '../../store/ports.ts'
import { instantOf, isTimestamp } from '../../xapi/formats.ts'
import { type Caller, demand } from '../access/access.ts'
import { authorOf, noteAct } from '../acts.ts'
import type { Lrs } from '../context.ts'
import { effectOf, type WindowChange } from '../counting/tally.ts'
import { parseInput } from '../parse-input.ts'
import { malformedAt, Refusal } from '../refusal.ts'

const REQUIREMENT = 'POST /attempts/delete, counting.md F10'

const text = z.string().min(1)
const instant = z
  .string()
  .refine((given) => isTimestamp(given), 'must be an ISO 8601 timestamp')
  .transform((given) => instantOf(given))

const filter = z
  .strictObject({
    learner: text.optional(),
    team: text.optional(),
    role: text.optional(),
    element: text.optional(),
    before: instant.optional(),
    after: instant.optional(),
  })
  .refine(
    (given) => Object.values(given).some((one) => one !== undefined),
    'must name at least one of learner, team, role, element, before and after',
  )
  .refine(({ before, after }) => before === undefined || after === undefined || after < before, {
    message: 'must be later than «after»: nothing lies between them',
    path: ['before'],
  })

const deletion = z.strictObject({
  filter,
  mode: z.enum(['logical', 'physical']),
  dryRun: z.boolean().default(false),
  /** The number of statements, or the sentence the dry run gave. */
  confirm: z
    .union([
      z.int().min(0),
      z
        .string()
        .regex(/^delete \d+ statements$/, 'must be the sentence of the dry run, «delete N statements», or N')
        .transform((sentence) => Number(sentence.split(' ')[1])),
    ])
    .optional(),
  reason: text.optional(),
})

export interface DeletionView {
  readonly id: string
  readonly state: DeletionRecord['state']
  readonly mode: DeletionRecord['mode']
  readonly dryRun: boolean
  readonly filter: Readonly<Record<string, string>>
  readonly author: string
  readonly reason: string | null
  readonly at: string
  /** Learners looked at so far. */
  readonly seen: number
  readonly statements: number
  readonly attempts: number
  readonly learners: number
  /** Statements left alone because they are about somebody else as well. */
  readonly shared: number
  /** How many counted keys leave each window that is not closed. */
  readonly leaving: readonly WindowChange[]
  /** Windows that were closed: their closed count stays (Q15). */
  readonly closedWindows: readonly WindowChange[]
  /** What `confirm` must be for the act to do exactly this. */
  readonly confirm?: string
  readonly warning?: string
}

/** So long a request waits for the end, ms; what takes longer is told by `GET /attempts/deletions/{id}`. */
const PATIENCE_MS = 5_000
const LOOK_EVERY_MS = 25

/**
 * Deletes attempts, or with `dryRun` says what would be deleted: looked at as a mass change in slices, under the statements
 * there are now. Physical ones need `confirm`, and delete nothing when it is not the number found.
 * @throws Refusal `malformed`, `not-found` (learner), `conflict` (confirmed another number)
 */
export async function deleteAttempts(lrs: Lrs, caller: Caller, input: unknown): Promise<DeletionView> {
  demand(caller, 'delete attempts')
  const given = parseInput(deletion, input, REQUIREMENT)
  if (given.mode === 'physical' && !given.dryRun && given.confirm === undefined) {
    const message = 'a physical deletion cannot be undone: send the sentence the dry run gives as «confirm»'
    throw malformedAt('$.confirm', message, `${REQUIREMENT}, A24`)
  }
  const record: DeletionRecord = {
    id: lrs.newId(),
    mode: given.mode,
    filter: await filterOf(lrs, caller, given.filter),
    dryRun: given.dryRun,
    confirmed: given.confirm ?? null,
    author: authorOf(caller),
    reason: given.reason ?? null,
    at: lrs.clock.now(),
    upTo: await lrs.stores.statements.lastSeq(caller.tenant),
    state: 'planning',
    position: null,
    seen: 0,
    figures: { statements: 0, attempts: 0, learners: 0, shared: 0, leaving: {}, closed: [] },
  }
  await lrs.stores.removals.addDeletion(caller.tenant, record)
  lrs.wake()
  const view = viewOf(await ended(lrs, caller, record))
  if (!record.dryRun) await noteDeletion(lrs, caller, view)
  return view
}

/** Among what administrators did: who deleted what, and why (A24), and how many learners no longer count for it (Q14). */
function noteDeletion(lrs: Lrs, caller: Caller, view: DeletionView): Promise<void> {
  const { id, mode, reason, filter: given, statements, learners, leaving, state } = view
  const details = { mode, filter: given, statements, learners, leaving, state }
  return noteAct(lrs, caller, { id, act: 'delete attempts', subject: id, reason, details })
}

async function filterOf(
  lrs: Lrs,
  { tenant }: Caller,
  given: z.infer<typeof filter>,
): Promise<DeletionRecord['filter']> {
  const { learner, ...rest } = given
  const named = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  if (learner === undefined) return named
  const known = await lrs.stores.identities.learner(tenant, learner)
  if (!known) throw new Refusal('not-found', `there is no learner «${learner}»`)
  return { ...named, learner: known.id }
}

/** As far as it has come when patience ends. */
async function ended(lrs: Lrs, { tenant }: Caller, begun: DeletionRecord): Promise<DeletionRecord> {
  const started = performance.now()
  for (let record = begun; ; ) {
    if (record.state === 'refused') {
      const { statements } = record.figures
      const message = `you confirmed ${record.confirmed} statements, but ${statements} are hit: nothing was deleted`
      throw new Refusal('conflict', message)
    }
    // Cleaning goes on by itself: the statements are gone.
    if (record.state === 'done' || record.state === 'cleaning') return record
    if (performance.now() - started > PATIENCE_MS) return record
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    record = (await lrs.stores.removals.deletion(tenant, record.id)) ?? record
  }
}

export async function readDeletion(lrs: Lrs, caller: Caller, id: string): Promise<DeletionView> {
  demand(caller, 'read reports')
  const record = await lrs.stores.removals.deletion(caller.tenant, id)
  if (!record) throw new Refusal('not-found', `there is no deletion «${id}»`)
  return viewOf(record)
}

/** Every deletion there was, dry runs included: who, when, why and what. */
export async function listDeletions(
  lrs: Lrs,
  caller: Caller,
  page: PageRequest,
): Promise<Page<DeletionView>> {
  demand(caller, 'read reports')
  const { items, next } = await lrs.stores.removals.deletions(caller.tenant, page)
  return { items: items.map(viewOf), next }
}

function viewOf(record: DeletionRecord): DeletionView {
  const { id, state, mode, dryRun, author, reason, at, seen, figures } = record
  const { statements, attempts, learners, shared, leaving, closed } = figures
  const { open, closed: closedWindows } = effectOf(leaving, closed)
  const asks = dryRun && mode === 'physical' && state === 'done'
  return {
    id,
    state,
    mode,
    dryRun,
    filter: shownFilter(record.filter),
    author,
    reason,
    at: new Date(at).toISOString(),
    seen,
    statements,
    attempts,
    learners,
    shared,
    leaving: open,
    closedWindows,
    ...(asks && {
      confirm: `delete ${statements} statements`,
      warning: 'Physically deleted attempts are in no report, do not count, and cannot be recovered (A24).',
    }),
  }
}

function shownFilter(given: DeletionRecord['filter']): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      typeof value === 'number' ? new Date(value).toISOString() : String(value),
    ]),
  )
}
