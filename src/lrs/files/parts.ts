/**
 * What a dry run has read, laid down by learner in files of its own, so that memory does not grow with the import. The files
 * hold what statements say of people: they lie in a private directory and are removed at the end, whatever happens.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const FLUSH_AT = 5_000

export interface Parts<T> {
  add(key: string, item: T): Promise<void>
  /** Part by part: everything of a key is in one of them. */
  read(): AsyncGenerator<ReadonlyMap<string, readonly T[]>>
  remove(): Promise<void>
}

export async function createParts<T>(count: number): Promise<Parts<T>> {
  const directory = await mkdtemp(join(tmpdir(), 'rollcall-dry-run-'))
  const fileOf = (part: number) => join(directory, `${part}.ndjson`)
  const waiting = new Map<number, string[]>()
  let held = 0
  const flush = async () => {
    for (const [part, lines] of waiting) await appendFile(fileOf(part), lines.join(''), { mode: 0o600 })
    waiting.clear()
    held = 0
  }
  return {
    add: async (key, item) => {
      const part = createHash('sha1').update(key).digest().readUInt32BE() % count
      const lines = waiting.get(part) ?? []
      lines.push(`${JSON.stringify([key, item])}\n`)
      waiting.set(part, lines)
      held += 1
      if (held >= FLUSH_AT) await flush()
    },
    read: async function* () {
      await flush()
      for (let part = 0; part < count; part++) yield await itemsIn<T>(fileOf(part))
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

async function itemsIn<T>(file: string): Promise<ReadonlyMap<string, readonly T[]>> {
  const items = new Map<string, T[]>()
  await appendFile(file, '')
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [key, item] = JSON.parse(line) as [string, T]
    const list = items.get(key)
    if (list) list.push(item)
    else items.set(key, [item])
  }
  return items
}
