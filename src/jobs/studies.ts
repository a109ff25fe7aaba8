/** Forecasts and simulations are worked on beside the drain, in slices: neither waits for the other. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecountDeps } from '../lrs/counting/recount.ts'
import { Interrupted } from '../lrs/studies/step.ts'
import { type OpenStudy, workOn } from '../lrs/studies/work-on.ts'
import type { Lease } from '../store/ports.ts'
import type { Beside } from './beside.ts'

const LEASE = 'studies'
/** One process works on all; another goes on so long after it died. */
const LEASE_MS = 30_000
/** Worked on at the same time; of one tenant one of a kind, so that nobody's large one keeps others waiting. */
const AT_ONCE = 4
/** The oldest that are looked at. */
const LOOKED = 200
/** How often it is looked for others while some are worked on, here or elsewhere, ms. */
const LOOK_MS = 500
/** What nobody waited for is kept so long, ms. */
const KEPT_MS = 7 * 86_400_000

interface Running {
  readonly open: OpenStudy
  readonly end: Promise<void>
}

/** Looking while it works makes it look again for what is new. */
export function createStudies(
  deps: RecountDeps,
  holder: string,
  signal: AbortSignal,
  report: (error: unknown) => void,
): Beside {
  const { studies, leases } = deps.stores
  const running = new Map<string, Running>()
  let working: Promise<void> | null = null
  let wake = (): void => undefined
  /** Asked to look since it looked last. */
  let again = false
  let lease: Lease | null = null
  let renewed = 0

  const keep = async (): Promise<Lease | null> => {
    if (lease && performance.now() - renewed < LEASE_MS / 4) return lease
    renewed = performance.now()
    lease = await leases.acquire(LEASE, holder, LEASE_MS)
    return lease
  }

  /** Under the lease it was begun under: somebody else may have had it since, and gone on with it. */
  const begin = ({ fence }: Lease, open: OpenStudy): void => {
    const save = async (study: OpenStudy['study']): Promise<void> => {
      const held = await keep()
      if (held?.fence !== fence || (await studies.save(held, open.tenant, study)) !== 'saved')
        throw new Interrupted()
    }
    const name = nameOf(open)
    const end = workOn({ ...deps, save, signal, report }, open).finally(() => running.delete(name))
    running.set(name, { open, end })
  }

  /** @returns whether there is anything to wait for */
  const beginNext = async (): Promise<boolean> => {
    again = false
    const open = signal.aborted ? [] : await studies.open(LOOKED)
    // Whoever has the lease looks for others itself; when it is gone, this is the one that goes on.
    const held = open.length > 0 ? await keep() : null
    if (held) for (const one of nextOf(open, [...running.values()])) begin(held, one)
    return open.length > 0 || running.size > 0
  }

  const somethingNew = async (): Promise<void> => {
    const ends = [...running.values()].map(({ end }) => end)
    if (signal.aborted) return void (await Promise.all(ends))
    if (again) return
    const looked = new AbortController()
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    const pause = sleep(LOOK_MS, undefined, { signal: looked.signal }).catch(() => undefined)
    await Promise.race([pause, woken, ...ends]).finally(() => looked.abort())
  }

  const work = async (): Promise<void> => {
    if (!(await beginNext())) return
    do await somethingNew()
    while (await beginNext())
    await studies.removeEnded(deps.clock.now() - KEPT_MS)
    if (lease) await leases.release(lease)
    lease = null
  }

  const workWhileAsked = async (): Promise<void> => {
    do await work().catch(report)
    while (again && !signal.aborted)
    working = null
  }

  return {
    look: () => {
      again = true
      wake()
      if (!signal.aborted) working ??= workWhileAsked()
    },
    ended: async () => {
      await working
    },
  }
}

/** The oldest that may be begun. */
function nextOf(open: readonly OpenStudy[], running: readonly Running[]): readonly OpenStudy[] {
  const busy = new Set(running.map((one) => laneOf(one.open)))
  const found: OpenStudy[] = []
  for (const one of open) {
    if (busy.has(laneOf(one)) || running.length + found.length >= AT_ONCE) continue
    busy.add(laneOf(one))
    found.push(one)
  }
  return found
}

function nameOf({ tenant, study }: OpenStudy): string {
  return JSON.stringify([tenant, study.id])
}

function laneOf({ tenant, study }: OpenStudy): string {
  return JSON.stringify([tenant, study.kind])
}
