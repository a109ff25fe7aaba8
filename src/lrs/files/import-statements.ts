/** `rollcall import`: statements from a file, one a line, as a named batch that can be repeated and resumed (ruling 37). */
import { basename } from 'node:path'
import type { ImportRecord } from '../../store/ports.ts'
import { type MutedFor, muteFor } from '../alerts/mute.ts'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { type FaultFile, openFaults } from './faults.ts'
import { keepPace } from './keep-pace.ts'
import { type Line, linesOf, type Survey, survey } from './lines.ts'
import { type ImportedLine, type ImportWriter, importWriter, type LineFault, readLine } from './read-line.ts'
import { DONE, type ImportTask, REFUSED, type Told, UNFINISHED } from './task.ts'

/** One commit of an import: small enough to leave live requests their share of the writer. */
const BATCH = 250
const BATCH_CHARACTERS = 1024 * 1024
/** How often the position is kept; what comes after it is met again as identical, and changes nothing. */
const KEEP_MS = 1_000

type Counts = Pick<ImportRecord, 'stored' | 'existing' | 'refused'>

interface Job {
  readonly lrs: Lrs
  readonly task: ImportTask
  readonly told: Told
  readonly writer: ImportWriter
  readonly faults: FaultFile
  readonly muted: MutedFor
}

/** @returns the exit code. @throws Refusal `conflict` when the name belongs to another file or purpose */
export async function importStatements(lrs: Lrs, task: ImportTask, told: Told): Promise<number> {
  const { file, tenant, purpose } = task
  const surveyed = await survey(file)
  const name = task.name ?? `${basename(file).replace(/\.gz$/, '')}@${surveyed.hash.slice(0, 8)}`
  const known = await lrs.stores.imports.byName(tenant, name)
  refuseOther(known, { name, hash: surveyed.hash, purpose })
  if (known?.finished) {
    told.print(`${name} was imported already, ${new Date(known.finished).toISOString()}: ${inWords(known)}`)
    return known.refused > 0 ? REFUSED : DONE
  }
  if (known) told.print(`going on with ${name} after line ${known.lines}`)
  const record = known ?? newRecord({ name, hash: surveyed.hash, purpose, started: lrs.clock.now() })
  const path = task.errors ?? `${file}.errors.ndjson`
  const muted = await muteFor(lrs, tenant, name)
  const faults = await openFaults(path, record.lines)
  const writer = importWriter({ tenant, name, purpose }, lrs.home)
  try {
    const end = await run({ lrs, task, told, writer, faults, muted }, record, surveyed)
    lrs.wake()
    return tellEnd(end, path, told)
  } finally {
    await Promise.all([muted.end(), faults.close()])
  }
}

function newRecord(given: Pick<ImportRecord, 'name' | 'hash' | 'purpose' | 'started'>): ImportRecord {
  return { ...given, finished: null, lines: 0, stored: 0, existing: 0, refused: 0 }
}

/** @returns the exit code */
function tellEnd(end: ImportRecord, faults: string, told: Told): number {
  told.print(`${end.name}: ${inWords(end)}`)
  if (end.refused > 0) told.print(`refused lines are listed in ${faults}`)
  if (end.finished === null) {
    told.print(`stopped after line ${end.lines}; the same command goes on from there`)
    return UNFINISHED
  }
  return end.refused > 0 ? REFUSED : DONE
}

function refuseOther(
  known: ImportRecord | null,
  { name, hash, purpose }: Pick<ImportRecord, 'name' | 'hash' | 'purpose'>,
): void {
  if (!known || (known.hash === hash && known.purpose === purpose)) return
  const other = known.hash === hash ? `with purpose ${known.purpose}` : 'from another file'
  throw new Refusal('conflict', `an import «${name}» exists already, ${other}: choose another --name`)
}

function inWords({ lines, stored, existing, refused }: ImportRecord): string {
  return `${lines} lines, ${stored} statements stored, ${existing} were there already, ${refused} lines refused`
}

/** Reads ahead while the batch before is being written: parsing and storing each have a core. */
async function run(job: Job, start: ImportRecord, { hash, lines }: Survey): Promise<ImportRecord> {
  const { lrs, task, told, writer, faults } = job
  let record = start
  let kept = performance.now()
  const keep = async (finished: number | null) => {
    await faults.flush()
    await job.muted.renew()
    record = { ...record, finished }
    await lrs.stores.imports.put(task.tenant, record)
    kept = performance.now()
  }
  const paced = keepPace(lrs, task.tenant)
  let writing: Promise<Counts> | null = null
  let upTo = start.lines
  const settle = async (next: number) => {
    if (writing !== null) record = { ...record, ...sum(record, await writing), lines: upTo }
    writing = null
    upTo = next
    told.progress({ done: record.lines, total: lines })
    if (performance.now() - kept > KEEP_MS) await keep(null)
  }

  for await (const batch of batchesOf(task.file, start.lines, (line) =>
    readLine(line, writer, { hash, now: lrs.clock.now() }),
  )) {
    await settle(batch.upTo)
    if (told.signal.aborted) {
      await keep(null)
      return record
    }
    await paced()
    writing = storeLines(job, batch.lines)
    // Thrown where it is awaited; until then the failure must not count as unheard.
    writing.catch(() => undefined)
  }
  await settle(lines)
  record = { ...record, lines }
  told.progress({ done: lines, total: lines })
  await keep(lrs.clock.now())
  return record
}

function sum(a: Counts, b: Counts): Counts {
  return { stored: a.stored + b.stored, existing: a.existing + b.existing, refused: a.refused + b.refused }
}

interface LineBatch {
  readonly lines: readonly (ImportedLine | LineFault)[]
  /** The last line it speaks of. */
  readonly upTo: number
}

/** Lines that can be stored together: one version, each id once. */
async function* batchesOf(
  file: string,
  after: number,
  read: (line: Line) => ImportedLine | LineFault | null,
): AsyncGenerator<LineBatch> {
  let batch = openBatch()
  let upTo = after
  for await (const line of linesOf(file, after)) {
    const found = read(line)
    if (found !== null && !batch.takes(found)) {
      yield { lines: batch.lines, upTo }
      batch = openBatch()
    }
    upTo = line.number
    if (found !== null) batch.add(found)
  }
  if (batch.lines.length > 0) yield { lines: batch.lines, upTo }
}

function openBatch() {
  const lines: (ImportedLine | LineFault)[] = []
  const ids = new Set<string>()
  let characters = 0
  let version: string | null = null
  const fits = (one: ImportedLine): boolean =>
    (version ?? one.version) === one.version && !ids.has(one.statement.id)
  return {
    lines,
    takes: (found: ImportedLine | LineFault): boolean =>
      lines.length < BATCH && characters < BATCH_CHARACTERS && ('fault' in found || fits(found)),
    add: (found: ImportedLine | LineFault): void => {
      lines.push(found)
      if ('fault' in found) return
      ids.add(found.statement.id)
      version = found.version
      characters += found.statement.raw.length
    },
  }
}

/** Stores what can be stored of a batch: a line whose id is taken by other content is refused, the rest goes in without it. */
async function storeLines({ lrs, task, writer, faults }: Job, lines: LineBatch['lines']): Promise<Counts> {
  let good = lines.filter((line) => 'statement' in line)
  const bad = lines.filter((line) => 'fault' in line)
  for (const fault of bad) faults.add(fault)
  let refused = bad.length
  while (good.length > 0) {
    const outcome = await lrs.stores.statements.insert(task.tenant, {
      credential: writer.caller.id,
      authority: writer.authorityText,
      voidsOthers: true,
      version: good[0]?.version ?? '1.0.3',
      statements: good.map(({ statement }) => statement),
    })
    if (outcome.outcome === 'stored') {
      const existing = outcome.existing.length
      return { stored: good.length - existing, existing, refused }
    }
    const taken = new Set(outcome.ids)
    for (const { line, statement } of good)
      if (taken.has(statement.id)) faults.add({ line, fault: conflict(statement.id) })
    good = good.filter(({ statement }) => !taken.has(statement.id))
    refused += taken.size
  }
  return { stored: 0, existing: 0, refused }
}

function conflict(id: string): LineFault['fault'] {
  return { path: '$.id', message: `${id} is taken by another statement`, requirement: 'XAPI-00142' }
}
