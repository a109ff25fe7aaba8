/** The list of refused lines beside an import: one JSON object a line, with the line's number and the requirement. No body. */
import { createReadStream, existsSync } from 'node:fs'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { LineFault } from './read-line.ts'

export interface FaultFile {
  add(fault: LineFault): void
  /** Resolves when everything added is on the disk. */
  flush(): Promise<void>
  close(): Promise<void>
}

/** @param upTo lines after this one are forgotten: a resumed import comes to them again */
export async function openFaults(path: string, upTo: number): Promise<FaultFile> {
  await forgetAfter(path, upTo)
  const handle = await open(path, 'a')
  let waiting: string[] = []
  const flush = async () => {
    const text = waiting.join('')
    waiting = []
    if (text !== '') await handle.appendFile(text)
  }
  return {
    add: ({ line, fault }) => {
      waiting.push(`${JSON.stringify({ line, ...fault })}\n`)
    },
    flush,
    close: async () => {
      await flush()
      const { size } = await handle.stat()
      await handle.close()
      if (size === 0) await rm(path)
    },
  }
}

async function forgetAfter(path: string, upTo: number): Promise<void> {
  if (!existsSync(path)) return
  const kept: string[] = []
  for await (const text of createInterface({ input: createReadStream(path) })) {
    if (lineIn(text) <= upTo) kept.push(`${text}\n`)
  }
  await writeFile(`${path}.partial`, kept.join(''))
  await rename(`${path}.partial`, path)
}

/** A half-written last entry belongs to a line that is tried again. */
function lineIn(text: string): number {
  try {
    return (JSON.parse(text) as { line: number }).line
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
