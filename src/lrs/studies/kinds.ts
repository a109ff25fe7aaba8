/** The kinds of studies: what is refused before anybody works on one, and the work. */
import type { Study, TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import type { RecountDeps } from '../counting/recount.ts'
import { checkForecast, forecastFor } from '../planning/forecast.ts'
import { checkSimulation, simulationFor } from '../planning/simulate.ts'
import type { Step } from './step.ts'

interface Kind {
  /** @throws Refusal for what can be seen without reading the past */
  check(lrs: Lrs, tenant: TenantId, question: unknown): Promise<void>
  /**
   * @returns the answer, as JSON
   * @throws Refusal, Interrupted
   */
  work(deps: RecountDeps, tenant: TenantId, study: Study, step: Step): Promise<unknown>
}

export const KINDS: Readonly<Record<Study['kind'], Kind>> = {
  forecast: {
    check: checkForecast,
    work: (deps, tenant, { question }, step) => forecastFor(deps, tenant, question, step),
  },
  simulation: {
    check: checkSimulation,
    work: (deps, tenant, { question, asked, carried }, step) =>
      simulationFor(deps, tenant, { question, asked, carried }, step),
  },
}
