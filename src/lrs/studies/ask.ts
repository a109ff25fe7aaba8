/** `POST /forecasts`, `POST /simulations`: asked at once, worked on by the jobs, and waited for a moment. */
import type { Study, StudyFailure, StudyProgress } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import { authorOf } from '../acts.ts'
import type { Lrs } from '../context.ts'
import { Refusal, type RefusalKind } from '../refusal.ts'
import { KINDS } from './kinds.ts'

/** So long a request waits for the answer, ms. */
export const PATIENCE_MS = 5_000
const LOOK_EVERY_MS = 20
/** Studies of one tenant that are worked on or wait. */
const MOST_OPEN = 20

export interface StudyView {
  readonly id: string
  readonly state: Study['state']
  readonly asked: string
  readonly ended: string | null
  readonly progress: StudyProgress | null
  /** What a POST that was answered at once would have said; null unless done. */
  readonly result: unknown
  readonly failure: StudyFailure | null
}

/** `id` is null when the answer came in time: nothing of it is kept then. */
export type Asked =
  | { readonly id: null; readonly answer: unknown }
  | { readonly id: string; readonly view: StudyView }

/**
 * @param patience how long to wait for the answer, ms
 * @throws Refusal of the question, or `too-many-requests`
 */
export async function ask(
  lrs: Lrs,
  caller: Caller,
  { kind, question }: Pick<Study, 'kind' | 'question'>,
  patience: number,
): Promise<Asked> {
  demand(caller, 'read reports')
  const { tenant } = caller
  await KINDS[kind].check(lrs, tenant, question)
  const { studies } = lrs.stores
  if ((await studies.countOpen(tenant)) >= MOST_OPEN)
    throw new Refusal('too-many-requests', `${MOST_OPEN} forecasts and simulations are being worked on: wait`)
  const study: Study = {
    ...{ id: lrs.newId(), kind, author: authorOf(caller), asked: lrs.clock.now(), question },
    ...{ state: 'waiting', progress: null, carried: null, ended: null, answer: null, failure: null },
  }
  await studies.add(tenant, study)
  lrs.wake('studies')
  const found = await endOf(lrs, caller, study, patience)
  if (found.ended === null) return { id: study.id, view: viewOf(found) }
  // Nobody else knows of it.
  await studies.remove(tenant, study.id)
  if (found.failure) throw refusalOf(found.failure)
  return { id: null, answer: found.answer }
}

/** As far as it has come when patience ends. */
async function endOf({ stores }: Lrs, { tenant }: Caller, asked: Study, patience: number): Promise<Study> {
  const started = performance.now()
  let study = asked
  while (study.ended === null && performance.now() - started < patience) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    study = (await stores.studies.byId(tenant, asked.id)) ?? study
  }
  return study
}

/** @throws Refusal `not-found`, also for one that was kept long enough */
export async function readStudy(
  lrs: Lrs,
  caller: Caller,
  { kind, id }: Pick<Study, 'kind' | 'id'>,
): Promise<StudyView> {
  demand(caller, 'read reports')
  return viewOf(await studyOf(lrs, caller, { kind, id }))
}

/** Ends the work, or throws the answer away. @throws Refusal `not-found` */
export async function removeStudy(
  lrs: Lrs,
  caller: Caller,
  { kind, id }: Pick<Study, 'kind' | 'id'>,
): Promise<void> {
  demand(caller, 'read reports')
  const study = await studyOf(lrs, caller, { kind, id })
  await lrs.stores.studies.remove(caller.tenant, study.id)
}

async function studyOf(
  { stores }: Lrs,
  { tenant }: Caller,
  { kind, id }: Pick<Study, 'kind' | 'id'>,
): Promise<Study> {
  const study = await stores.studies.byId(tenant, id)
  if (study?.kind !== kind) throw new Refusal('not-found', `there is no ${kind} «${id}»`)
  return study
}

function viewOf({ id, state, asked, ended, progress, answer, failure }: Study): StudyView {
  const iso = (at: number) => new Date(at).toISOString()
  return {
    ...{ id, state, asked: iso(asked), ended: ended === null ? null : iso(ended), progress },
    ...{ result: answer, failure },
  }
}

function refusalOf({ kind, message, violations }: StudyFailure): Refusal {
  return new Refusal(kind as RefusalKind, message, violations)
}
