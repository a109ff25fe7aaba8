/** The store port alone, and recounting, without HTTP: in a process of its own, so that its memory and cores are its own. */
import { once } from 'node:events'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { connectStores, openStores } from '../../src/engine.ts'
import { createCatalogues } from '../../src/lrs/counting/catalogue.ts'
import { recountLearners } from '../../src/lrs/counting/recount.ts'
import { shareOut } from '../../src/lrs/counting/share-out.ts'
import { importWriter, readLine } from '../../src/lrs/files/read-line.ts'
import { type Times, timesOf } from './load.ts'
import { statementText } from './statements.ts'

const CALLERS = 32
const FRESH = 500_000_000

interface StoreFigures {
  /** Statements a second at batch 1, 10, 50. */
  readonly ingest: readonly number[]
  /** Of one learner, in a commit of its own. */
  readonly recount: Times
  readonly recountFacts: number
  /** Of everybody, in the drain's commits. */
  readonly fullSeconds: number
  readonly fullLearners: number
}

const [what, seconds = '5'] = process.argv.slice(2)
const stores = await openStores(loadConfig(process.env), systemClock())
const [tenant] = await stores.tenants.list()
const id = tenant?.id ?? 'bench'
let next = FRESH
process.send?.({
  ingest: [await ingest(1), await ingest(10), await ingest(50)],
  ...(what === 'all' ? await recounts() : {}),
} as StoreFigures)
await once(process, 'message')
await stores.close()
process.exit(0)

async function ingest(batch: number): Promise<number> {
  const writer = importWriter({ tenant: id, name: 'bench', purpose: 'learner' }, 'https://example.org')
  // Checked and read beforehand: this is the store alone.
  const wanted = Math.ceil((Number(seconds) * (batch === 1 ? 9_000 : 25_000)) / batch)
  const batches = Array.from({ length: wanted }, () =>
    Array.from({ length: batch }, () => {
      const bytes = Buffer.from(statementText(next++))
      const line = readLine({ number: next, bytes }, writer, { hash: 'bench', now: Date.now() })
      if (!line || 'fault' in line) throw new Error('a statement of the benchmark is not valid')
      const { provenance: _, ...statement } = line.statement
      return statement
    }),
  )
  const start = performance.now()
  let stored = 0
  const left = batches.values()
  const caller = async () => {
    for (const statements of left) {
      if (performance.now() - start > Number(seconds) * 1000) return
      await stores.statements.insert(id, {
        credential: writer.caller.id,
        authority: writer.authorityText,
        voidsOthers: false,
        version: '1.0.3',
        statements,
      })
      stored += batch
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return stored / ((performance.now() - start) / 1000)
}

async function recounts(): Promise<Omit<StoreFigures, 'ingest'>> {
  // As the jobs thread does: reads on a connection of its own.
  const jobs = await connectStores(stores.share().handle)
  const deps = { stores: jobs, catalogueOf: createCatalogues(jobs), clock: systemClock() }
  const lease = await stores.leases.acquire('drain', 'bench', 3_600_000)
  if (!lease) throw new Error('somebody else is counting')
  const { items } = await stores.metering.learners(id, { limit: 300 })
  const facts = (await stores.metering.history(id, items[0]?.id ?? ''))?.facts.length ?? 0
  await stores.metering.markAll(id)
  const start = performance.now()
  let learners = 0
  for (;;) {
    const dirty = await stores.metering.dirtyLearners(512)
    if (dirty.length === 0) break
    learners += await shareOut([(under, some) => recountLearners(deps, under, some)], lease, dirty)
  }
  const fullSeconds = (performance.now() - start) / 1000
  // Of a process that has been counting for a while, as the server's has.
  const recount = await timesOf(items.length, (index) =>
    recountLearners(deps, lease, [{ tenant: id, learner: items[index]?.id ?? '' }]),
  )
  await stores.leases.release(lease)
  return { recount, recountFacts: facts, fullSeconds, fullLearners: learners }
}
