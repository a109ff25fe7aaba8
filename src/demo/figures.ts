/** Reads what the demo shows from the API, once everything that was sent is counted. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, DemoError } from './api.ts'

/** As far as the demo reads them; shapes of src/lrs. */
export interface Licence {
  readonly policy: string
  readonly window: { readonly id: string; readonly start: string; readonly end: string } | null
  readonly totalLearners: number
  readonly activeLearners: number
  readonly limit: number | null
  readonly remaining: number | null
  readonly over: number | null
  readonly percent: number | null
  readonly surchargePct: number
  readonly alerts: readonly { readonly at: string; readonly reached: boolean }[]
  readonly computedThrough: string
  readonly behind: string | null
}

export interface PastWindow {
  readonly start: string
  readonly status: string
  readonly activeLearners: number
}

export interface Untracked {
  readonly reason: string
  readonly text: string
  readonly statements: number
  readonly learners: number
}

export interface Explanation {
  readonly name: string | null
  readonly identities: readonly Identifier[]
  readonly counted: boolean
  readonly evidence?: { readonly statementId: string; readonly at: string; readonly rule: string }
  readonly nearestMiss?: { readonly statementId: string; readonly at: string; readonly text: string } | null
}

interface Identifier {
  readonly mbox?: string
  readonly mbox_sha1sum?: string
  readonly openid?: string
  readonly account?: { readonly homePage: string; readonly name: string }
}

export interface Figures {
  readonly licences: readonly { readonly licence: Licence; readonly past: readonly PastWindow[] }[]
  readonly untracked: readonly Untracked[]
  readonly explanations: readonly { readonly policy: string; readonly explanation: Explanation }[]
}

const POLL_MS = 200
const PATIENCE_MS = 120_000

/**
 * Waits until no statement sent before `after` is missing from any count.
 * @param after ms
 * @throws DemoError with what holds the count back
 */
export async function waitUntilCounted(api: Api, policies: readonly string[], after: number): Promise<void> {
  const giveUp = Date.now() + PATIENCE_MS
  for (;;) {
    const licences = await Promise.all(policies.map((policy) => api.get<Licence>('/licence', { policy })))
    const behind = licences.find(({ computedThrough }) => Date.parse(computedThrough) < after)
    if (!behind) return
    if (Date.now() > giveUp)
      throw new DemoError(
        `counting is not done after ${PATIENCE_MS / 1000} s: ${behind.behind ?? 'no reason given'}`,
      )
    await sleep(POLL_MS)
  }
}

/** @param explain names of people to explain in the first policy's window */
export async function readFigures(
  api: Api,
  policies: readonly string[],
  explain: readonly string[],
): Promise<Figures> {
  const licences = await Promise.all(
    policies.map(async (policy) => {
      const licence = await api.get<Licence>('/licence', { policy })
      const { items } = await api.get<{ items: readonly PastWindow[] }>('/windows', { policy })
      return { licence, past: items.filter(({ status }) => status !== 'open').reverse() }
    }),
  )
  const { untracked } = await api.get<{ untracked: readonly Untracked[] }>('/review')
  const first = licences[0]?.licence
  const window = first?.window?.id
  const explanations = window ? await explainAll(api, window, explain) : []
  return {
    licences,
    untracked,
    explanations: explanations.map((explanation) => ({ policy: first?.policy ?? '', explanation })),
  }
}

async function explainAll(
  api: Api,
  window: string,
  names: readonly string[],
): Promise<readonly Explanation[]> {
  const ids = await learnersByName(api)
  const found = names.map((name) => ids.get(name)).filter((id) => id !== undefined)
  return Promise.all(found.map((id) => api.get<Explanation>(`/windows/${window}/learners/${id}`)))
}

async function learnersByName(api: Api): Promise<ReadonlyMap<string | null, string>> {
  const found = new Map<string | null, string>()
  let cursor: string | null = null
  do {
    const query: Record<string, string> = { limit: '1000', ...(cursor && { cursor }) }
    const page: LearnerPage = await api.get<LearnerPage>('/learners', query)
    for (const { learner, name } of page.items) found.set(name, learner)
    cursor = page.next
  } while (cursor)
  return found
}

interface LearnerPage {
  readonly items: readonly { readonly learner: string; readonly name: string | null }[]
  readonly next: string | null
}
