/**
 * Evidence of many learners in a short time, through the store port, and counting it as the product does. In a process of its
 * own: `make LEARNERS FACTS POLICIES RECORDED`, then `count` or `recount`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp } from '../../src/app.ts'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { openStores } from '../../src/engine.ts'
import { importWriter, readLine } from '../../src/lrs/files/read-line.ts'
import { commercialHash, countHash, policySchema } from '../../src/metering/policy.ts'
import type { IncomingStatement, Stores } from '../../src/store/ports.ts'
import { SESSION, statementText, THREE_POLICIES } from './statements.ts'

/** Of one statement: as if a Group had done something together. */
const MEMBERS = 20
/** Groups whose sessions are stored in one batch, and batches on their way at once. */
const GROUPS = 5
const AT_ONCE = 8

const WRITER = {
  credential: 'bench',
  authority: '{"mbox":"mailto:bench@example.org"}',
  voidsOthers: false,
  version: '1.0.3',
} as const

const [mode, ...rest] = process.argv.slice(2)
const config = loadConfig(process.env)
process.send?.(mode === 'make' ? await make(rest.map(Number)) : await count(mode === 'recount'))
process.exit(0)

async function make([
  learners = 0,
  facts = 0,
  policies = 0,
  recorded = 0,
]: readonly number[]): Promise<number> {
  await (await startApp(config)).stop()
  const stores = await openStores(config, systemClock())
  const [tenant] = await stores.tenants.list()
  const id = tenant?.id ?? ''
  for (const given of THREE_POLICIES.slice(0, policies)) {
    const policy = policySchema.parse(given)
    const hashes = { countHash: countHash(policy), commercialHash: commercialHash(policy) }
    await stores.policies.add(id, { policy, version: 1, ...hashes, effectiveFrom: null, recorded })
  }
  const start = performance.now()
  const work = batches(id, learners, facts)
  await Promise.all(Array.from({ length: AT_ONCE }, () => storeAll(stores, id, work)))
  const seconds = (performance.now() - start) / 1000
  await stores.close()
  return seconds
}

async function storeAll(stores: Stores, tenant: string, work: Iterable<IncomingStatement[]>): Promise<void> {
  for (const statements of work) {
    const { outcome } = await stores.statements.insert(tenant, { ...WRITER, statements })
    if (outcome !== 'stored') throw new Error(`not stored: ${outcome}`)
  }
}

/** Session by session; who shares a statement differs from session to session, so that nobody's evidence lies together. */
function* batches(tenant: string, learners: number, facts: number): Generator<IncomingStatement[]> {
  const writer = importWriter({ tenant, name: 'bench', purpose: 'learner' }, 'https://example.org')
  let line = 0
  const shared = (session: number, verb: number, group: number): IncomingStatement => {
    const bytes = Buffer.from(
      statementText((session * learners + group) * SESSION + verb, undefined, learners),
    )
    const read = readLine({ number: ++line, bytes }, writer, { hash: 'bench', now: Date.now() })
    if (!read || 'fault' in read) throw new Error('a statement of the benchmark is not valid')
    const { provenance: _, ...statement } = read.statement
    // Prime to every number of learners that ends in 0.
    const stride = 10 * session + 1
    const members = Array.from(
      { length: MEMBERS },
      (_, member) => ((group * MEMBERS + member) * stride) % learners,
    )
    return {
      ...statement,
      facts: statement.facts.flatMap((fact) =>
        members.map((number) => ({
          ...fact,
          learner: `account:https://lms.example.org|u-${number}`,
          name: `Learner ${number}`,
        })),
      ),
    }
  }
  for (let session = 0; session * SESSION < facts; session += 1) {
    const verbs = Math.min(SESSION, facts - session * SESSION)
    for (let first = 0; first < learners / MEMBERS; first += GROUPS) {
      const groups = Math.min(GROUPS, learners / MEMBERS - first)
      yield Array.from({ length: groups * verbs }, (_, index) =>
        shared(session, index % verbs, first + Math.floor(index / verbs)),
      )
    }
  }
}

/** `again`: of everybody, when all is counted. @returns seconds, and the process's greatest memory, MB */
async function count(again: boolean): Promise<{ readonly seconds: number; readonly peak: number }> {
  const app = await startApp(config)
  const { metering, tenants } = app.lrs.stores
  const id = (await tenants.list())[0]?.id ?? ''
  if (again) await metering.markAll(id)
  const start = performance.now()
  app.lrs.wake()
  while ((await metering.computedThrough(id)).behind !== null) await sleep(500)
  const seconds = (performance.now() - start) / 1000
  await app.stop()
  return { seconds, peak: Math.round(process.resourceUsage().maxRSS / 1024) }
}
