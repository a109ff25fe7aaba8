/** One study from where it stands to its end. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Study, StudyFailure, TenantId } from '../../store/ports.ts'
import type { RecountDeps } from '../counting/recount.ts'
import { Refusal } from '../refusal.ts'
import { KINDS } from './kinds.ts'
import { Interrupted, type Step } from './step.ts'

/** How far one is, is written down so often, ms. */
const SAVE_MS = 1_000

export interface OpenStudy {
  readonly tenant: TenantId
  readonly study: Study
}

export interface WorkDeps extends RecountDeps {
  /** @throws Interrupted when it is not to be written any more */
  readonly save: (study: Study) => Promise<void>
  readonly signal: AbortSignal
  report(error: unknown): void
}

/** Ends with its answer or its failure written down; or, interrupted, as it was saved last: then somebody goes on with it, if it is still there. */
export async function workOn(deps: WorkDeps, { tenant, study }: OpenStudy): Promise<void> {
  try {
    await deps.save(await outcomeOf(deps, { tenant, study }))
  } catch (error) {
    if (!(error instanceof Interrupted)) deps.report(error)
  }
}

async function outcomeOf(deps: WorkDeps, { tenant, study }: OpenStudy): Promise<Study> {
  const ended = () => ({ carried: null, ended: deps.clock.now() })
  try {
    const answer = await KINDS[study.kind].work(deps, tenant, study, stepOf(deps, study))
    return { ...study, ...ended(), state: 'done', answer }
  } catch (error) {
    if (error instanceof Interrupted) throw error
    if (!(error instanceof Refusal)) deps.report(error)
    return { ...study, ...ended(), state: 'failed', failure: failureOf(error) }
  }
}

function stepOf({ signal, save }: WorkDeps, study: Study): Step {
  let saved = performance.now()
  let { progress, carried } = study
  return async (reached, carries = null) => {
    await turn()
    if (signal.aborted) throw new Interrupted()
    if (reached) [progress, carried] = [reached, carries]
    if (performance.now() - saved < SAVE_MS) return
    saved = performance.now()
    await save({ ...study, state: 'running', progress, carried })
  }
}

function failureOf(error: unknown): StudyFailure {
  if (error instanceof Refusal)
    return { kind: error.kind, message: error.message, violations: error.violations }
  return { kind: 'unavailable', message: 'a fault of the server: it is in its log', violations: [] }
}
