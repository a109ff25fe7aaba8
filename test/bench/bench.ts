/**
 * `npm run bench [-- --rows=1000000 --seconds=5]`: one table of one run; `-- --large` the rows of metering that take half an
 * hour and 15 GB of disk instead (`--large --share=0.01`: a hundredth of them). Everything shares this machine, so only the ratios mean something; figures
 * and what limits them are in docs/performance.md.
 */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { type Client, CONNECTIONS, connect, ingest, openSession, type Times, timesOf } from './load.ts'
import { measureMetering } from './metering.ts'
import { type BenchServer, measureImport, measureStore, startServer } from './processes.ts'
import { agentOf, LEARNERS, learnersIn, statementText } from './statements.ts'
import { measureValidation } from './validation.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '5' },
    large: { type: 'boolean' },
    /** Of the large rows: this share of them. */
    share: { type: 'string', default: '1' },
  },
})
const ROWS = Number(values.rows)
const SECONDS = Number(values.seconds)
const SMALL = 10_000
const BATCHES = [1, 10, 50]
const POLICY = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}

interface StoreFigures {
  readonly ingest: readonly number[]
  readonly recount: Times
  readonly recountFacts: number
  readonly fullSeconds: number
  readonly fullLearners: number
}

const root = mkdtempSync(join(tmpdir(), 'rollcall-bench-'))
const say = (line: string) => console.log(line)
const tell = (line: string) => console.error(line)
const whole = (number: number) => Math.round(number).toLocaleString('en')
const ms = ({ p50, p99 }: Times) => `${p50.toFixed(1)} / ${p99.toFixed(1)}`
const ratio = (a: number, b: number) => (a / b).toFixed(2)

try {
  if (values.large) await measureMetering({ of: Number(values.share) })
  else await measureAll()
} finally {
  rmSync(root, { recursive: true, force: true })
}

async function measureAll(): Promise<void> {
  const validation = measureValidation()
  const noop = await atNoop()
  const small = await atRows('small', SMALL)
  const large = await atRows('large', ROWS)
  report(noop, small, large)
  say(
    `\nValidation on one core: ${validation.check.toFixed(1)} µs a statement for the rules of the standard (aim: 15), ${validation.read.toFixed(1)} µs to read its JSON`,
  )
}

async function atNoop(): Promise<number[]> {
  tell('no store')
  return await withServer(join(root, 'noop'), 'noop', ingestAll)
}

async function ingestAll({ client }: { client: Client }): Promise<number[]> {
  await ingest(client, 10, 1)
  const rates: number[] = []
  for (const batch of BATCHES) rates.push(await ingest(client, batch, SECONDS))
  return rates
}

async function atRows(name: string, rows: number) {
  const directory = join(root, name)
  const file = join(root, `${name}.ndjson`)
  tell(`${rows} rows: policy, import`)
  await withServer(directory, 'store', async ({ client }) => {
    await client.send('POST', '/api/v1/policies', JSON.stringify(POLICY), await openSession(client))
  })
  await writeLines(file, rows)
  const imported = await measureImport(directory, file)
  rmSync(file)
  tell('reads')
  const reads = await withServer(directory, 'store', (given) => readAll(given, learnersIn(rows)))
  tell('ingest over HTTP')
  const http = await withServer(directory, 'store', ingestAll)
  tell('the store alone')
  const store = await measureStore<StoreFigures>(directory, 'all', SECONDS)
  return { rows, imported, reads, http, store }
}

type Measured = Awaited<ReturnType<typeof atRows>>

async function writeLines(file: string, rows: number): Promise<void> {
  const pages = function* () {
    for (let from = 0; from < rows; from += 1000) {
      const length = Math.min(1000, rows - from)
      yield Array.from({ length }, (_, index) => `${statementText(from + index)}\n`).join('')
    }
  }
  await pipeline(Readable.from(pages()), createWriteStream(file))
}

async function withServer<T>(
  directory: string,
  mode: 'store' | 'noop',
  work: (given: { client: Client; server: BenchServer }) => Promise<T>,
): Promise<T> {
  const server = await startServer(directory, mode)
  const client = connect(server.url)
  try {
    return await work({ client, server })
  } finally {
    client.close()
    await server.stop()
  }
}

/** First what is uncounted is counted; then reads while nothing is written, and while batches of 10 come in. */
async function readAll({ client, server }: { client: Client; server: BenchServer }, learners: number) {
  const bearer = await openSession(client)
  const licence = () => client.send('GET', '/api/v1/licence?policy=year', undefined, bearer)
  const start = performance.now()
  const asked = Date.now()
  while (Date.parse((JSON.parse(await licence()) as { computedThrough: string }).computedThrough) < asked) {
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const counted = (performance.now() - start) / 1000
  const { activeLearners } = JSON.parse(await licence()) as { activeLearners: number }
  if (activeLearners !== learners) throw new Error(`${activeLearners} counted, not ${learners}`)
  const licenceTimes = await timesOf(300, licence)
  const quiet = await readTimes(client)
  const writer = connect(server.url, CONNECTIONS)
  const writing = ingest(writer, 10, SECONDS)
  const busy = await readTimes(client)
  const rate = await writing
  writer.close()
  return { counted, licence: licenceTimes, quiet, busy, rate, memory: server.memory() }
}

async function readTimes(client: Client): Promise<{ byId: Times; byAgent: Times }> {
  const page = (number: number, limit: number) =>
    client.send(
      'GET',
      `/xapi/statements?limit=${limit}&agent=${encodeURIComponent(JSON.stringify(agentOf(number * 37)))}`,
    )
  const ids: string[] = []
  for (let number = 0; number < 20; number++) {
    const { statements } = JSON.parse(await page(number, 10)) as { statements: { id: string }[] }
    ids.push(...statements.map(({ id }) => id))
  }
  return {
    byId: await timesOf(300, (index) =>
      client.send('GET', `/xapi/statements?statementId=${ids[index % ids.length]}`),
    ),
    byAgent: await timesOf(300, (index) => page(100 + index, 50)),
  }
}

function report(noop: readonly number[], small: Measured, large: Measured): void {
  say(
    `Node ${process.version}, ${CONNECTIONS} connections, ${SECONDS} s each, statements of ${statementText(1).length} bytes, ${LEARNERS} learners, one policy\n`,
  )
  say('| statements a second, batch | 1 | 10 | 50 |')
  say('| --- | --- | --- | --- |')
  const row = (name: string, cells: readonly string[]) => say(`| ${name} | ${cells.join(' | ')} |`)
  row('over HTTP, no store (a)', noop.map(whole))
  for (const { rows, http, store } of [small, large]) {
    row(`over HTTP, from ${whole(rows)} rows`, http.map(whole))
    row(`the store port alone, from ${whole(rows)} rows (b)`, store.ingest.map(whole))
    row(
      `HTTP to (a), ${whole(rows)} rows`,
      http.map((rate, index) => ratio(rate, noop[index] ?? 0)),
    )
    row(
      `HTTP to (b), ${whole(rows)} rows (aim: 0.6 at 50)`,
      http.map((rate, index) => ratio(rate, store.ingest[index] ?? 0)),
    )
  }
  row(
    `cost of one at ${whole(large.rows)} to one at ${whole(small.rows)} rows (aim: 1.5)`,
    small.http.map((rate, index) => ratio(rate, large.http[index] ?? 0)),
  )
  say('\n| | 10 thousand rows | full |')
  say('| --- | --- | --- |')
  const both = (name: string, cell: (measured: Measured) => string) => row(name, [small, large].map(cell))
  both('GET by id, nothing else / p50, p99 ms', ({ reads }) => ms(reads.quiet.byId))
  both('GET by id, while written', ({ reads }) => ms(reads.busy.byId))
  both('page of 50 by agent, nothing else', ({ reads }) => ms(reads.quiet.byAgent))
  both('page of 50 by agent, while written', ({ reads }) => ms(reads.busy.byAgent))
  both('written meanwhile, statements a second', ({ reads }) => whole(reads.rate))
  both('GET /licence, p50 / p99 ms (aim: 5, independent of history)', ({ reads }) => ms(reads.licence))
  both(
    'recount of one learner, p50 / p99 ms (aim: 2)',
    ({ store }) => `${ms(store.recount)} (${store.recountFacts} facts)`,
  )
  both(
    'full recount, seconds',
    ({ store }) => `${store.fullSeconds.toFixed(1)} (${whole(store.fullLearners)} learners)`,
  )
  both('import: statements a second', ({ rows, imported }) => whole(rows / imported.seconds))
  both(
    'import: memory after a tenth / at most, MB (aim: 400)',
    ({ imported }) => `${imported.early} / ${imported.peak}`,
  )
  both('counting after the import, seconds', ({ reads }) => reads.counted.toFixed(1))
  both('memory of the server after reads and writes, MB', ({ reads }) => String(reads.memory))
}
