/** The LMS's own list against the counted one (F11): what is on one side only, each with the reason. */
import { parse } from 'csv-parse/sync'
import type { Identifier } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { explainLearner, listCounted, NO_STATEMENTS } from '../counting/counted.ts'
import { malformed, malformedAt } from '../refusal.ts'
import { parseJson } from '../statements/body-text.ts'
import { identifierIn } from './identifier-text.ts'

export interface ReconcileRequest {
  readonly text: string
  readonly window: string
  /** Of account names that stand alone. */
  readonly homePage?: string
}

export interface Reconciliation {
  readonly window: string
  readonly listed: number
  /** People; those counted apart when the window was closed and linked since are one. */
  readonly counted: number
  /** People on both sides. */
  readonly both: number
  readonly onlyListed: readonly {
    /** As it was sent; several when one person is listed twice. */
    readonly ids: readonly string[]
    readonly learner: string | null
    readonly reason: string
    readonly text: string
  }[]
  readonly onlyCounted: readonly {
    /** Null in a closed window, once the person is erased. */
    readonly learner: string | null
    readonly name: string | null
    readonly identities: readonly Identifier[]
    readonly statementId: string | null
    readonly at: string | null
    readonly text: string
  }[]
}

const REQUIREMENT = 'POST /windows/{id}/reconcile, F11'
/** Explained one by one: a longer list is sent in parts. */
const MOST = 20_000
const PAGE = 1_000

/** @param request.text a JSON array of ids, or CSV whose first column holds them. @throws Refusal `malformed`, `not-found` */
export async function reconcile(
  lrs: Lrs,
  caller: Caller,
  { text, window, homePage }: ReconcileRequest,
): Promise<Reconciliation> {
  demand(caller, 'read reports')
  const ids = idsIn(text)
  const ifis = identifiersIn(ids, homePage)
  const counted = await everybody(lrs, caller, window)
  const listed = new Map<string, string[]>()
  const unknown: string[] = []
  for (const [id, ifi] of ifis) {
    const identity = await lrs.stores.identities.byIfi(caller.tenant, ifi)
    if (identity) listed.set(identity.learner, [...(listed.get(identity.learner) ?? []), id])
    else unknown.push(id)
  }
  const uncounted = [...listed].filter(([learner]) => !counted.has(learner))
  const explained = []
  for (const [learner, of] of uncounted) explained.push(await whyNot(lrs, caller, window, learner, of))
  return {
    window,
    listed: ids.length,
    counted: counted.size,
    both: listed.size - uncounted.length,
    onlyListed: [
      ...explained,
      ...unknown.map((id) => ({
        ids: [id],
        learner: null,
        reason: 'never-seen',
        text: 'No statement has ever come with this identifier.',
      })),
    ],
    onlyCounted: [...counted.values()]
      .filter(({ learner }) => learner === null || !listed.has(learner))
      .map(({ learner, name, identities, firstEvidence }) => ({
        learner,
        name,
        identities,
        statementId: firstEvidence?.statementId ?? null,
        at: firstEvidence?.at ?? null,
        text: firstEvidence
          ? `Counted by statement ${firstEvidence.statementId} of ${firstEvidence.at}, under identifiers that are not on the list.`
          : 'Counted when the window was closed; what proved it is gone.',
      })),
  }
}

type Counted = Awaited<ReturnType<typeof listCounted>>['items'][number]

/** By who they are now: two who were counted when the window was closed may be one person since. */
async function everybody(lrs: Lrs, caller: Caller, window: string) {
  const found = new Map<string, Omit<Counted, 'learner'> & { readonly learner: string | null }>()
  let page = await listCounted(lrs, caller, window, { limit: PAGE })
  for (;;) {
    const people = await lrs.stores.identities.ofLearners(
      caller.tenant,
      page.items.flatMap(({ learner }) => learner ?? []),
    )
    for (const item of page.items) {
      const learner = item.learner && (people.get(item.learner)?.[0]?.learner ?? item.learner)
      const name = learner ?? `erased ${found.size}`
      if (!found.has(name)) found.set(name, { ...item, learner })
    }
    if (page.next === null) return found
    page = await listCounted(lrs, caller, window, { limit: PAGE, cursor: page.next })
  }
}

async function whyNot(lrs: Lrs, caller: Caller, window: string, learner: string, ids: readonly string[]) {
  const { nearestMiss } = await explainLearner(lrs, caller, window, learner)
  return {
    ids,
    learner,
    reason: nearestMiss?.reason ?? 'no-statements',
    text: nearestMiss?.text ?? NO_STATEMENTS,
  }
}

function idsIn(text: string): readonly string[] {
  const ids = text.trimStart().startsWith('[') ? jsonIds(text) : csvIds(text)
  if (ids.length === 0) throw malformedAt('$', 'the list is empty', REQUIREMENT)
  if (ids.length > MOST)
    throw malformedAt('$', `a list may have ${MOST} ids at most: send it in parts`, REQUIREMENT)
  return ids
}

function jsonIds(text: string): readonly string[] {
  const value = parseJson(new TextEncoder().encode(text))
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value as string[]
  throw malformedAt('$', 'must be an array of texts', REQUIREMENT)
}

/** A first line that names the column, and no id, is a header. */
function csvIds(text: string): readonly string[] {
  try {
    const rows = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true, trim: true })
    const ids = (rows as string[][]).map(([first = '']) => first).filter((id) => id !== '')
    return /^(id|ids|identity|identities|e-?mail|user(name)?|learner|account)$/i.test(ids[0] ?? '')
      ? ids.slice(1)
      : ids
  } catch (error) {
    throw malformedAt('$', (error as Error).message, REQUIREMENT)
  }
}

function identifiersIn(
  ids: readonly string[],
  homePage: string | undefined,
): readonly (readonly [id: string, ifi: string])[] {
  const read = ids.map((id) => {
    const plain = identifierIn(id)
    return { id, found: 'fault' in plain ? identifierIn(id, homePage) : plain }
  })
  const faults = read.flatMap(({ found }, index) =>
    'fault' in found ? [{ path: `$[${index}]`, message: found.fault, requirement: REQUIREMENT }] : [],
  )
  if (faults.length > 0) throw malformed(faults)
  return read.flatMap(({ id, found }) => ('ifi' in found ? [[id, found.ifi] as const] : []))
}
