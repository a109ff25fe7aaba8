/** `rollcall export`: every statement of a tenant, voided ones too, one a line, oldest first; `rollcall import` takes it back. */
import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { StoredStatement } from '../../store/ports.ts'
import { exactText } from '../../xapi/exact.ts'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { DONE, type ExportTask, type Told, UNFINISHED } from './task.ts'

const PAGE = 500

/**
 * Writes what is there at the start; what comes meanwhile is left for the next time. The file has its name only when it is
 * whole.
 * @returns the exit code. @throws Refusal `conflict` when the file exists
 */
export async function exportStatements(lrs: Lrs, { tenant, file }: ExportTask, told: Told): Promise<number> {
  if (existsSync(file)) throw new Refusal('conflict', `${file} exists already`)
  const partial = `${file}.partial`
  const upTo = await lrs.stores.statements.lastSeq(tenant)
  const total = await lrs.stores.statements.count(tenant, upTo)
  let statements = 0
  const pages = async function* (): AsyncGenerator<string> {
    for (let after = 0; after < upTo; ) {
      const page = (await lrs.stores.statements.scan(tenant, after, PAGE)).filter(({ seq }) => seq <= upTo)
      if (page.length === 0) return
      statements += page.length
      after = page.at(-1)?.seq ?? upTo
      told.progress({ done: statements, total: Math.max(statements, total) })
      yield page.map((one) => `${lineOf(one)}\n`).join('')
    }
  }
  try {
    const source = Readable.from(pages())
    const target = createWriteStream(partial, { mode: 0o600, flush: true })
    const { signal } = told
    if (file.endsWith('.gz')) await pipeline(source, createGzip({ level: 6 }), target, { signal })
    else await pipeline(source, target, { signal })
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    if (!told.signal.aborted) throw error
    told.print('stopped; nothing was written')
    return UNFINISHED
  }
  told.print(`${statements} statements in ${file}`)
  return DONE
}

/**
 * As GET /statements shows it; of an imported one, with what its source said instead of what we set, so that the time it was
 * received survives any number of moves.
 */
function lineOf(stored: StoredStatement): string {
  const { received, authority } = stored.provenance ?? { received: null, authority: null }
  const text = exactText({
    ...stored,
    stored: received ?? stored.stored,
    authority: authority ?? stored.authority,
  })
  // A statement may have been sent in several lines; outside of strings, where JSON allows none, a newline is only space.
  return text.replaceAll(/[\r\n]+/g, ' ')
}
