/** `rollcall restore`: a backup becomes the data of this installation. Nothing runs meanwhile, and nothing is lost. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Print } from './commands/commands.ts'
import { type Config, isEmbedded } from './config.ts'
import { restoreStores } from './engine.ts'
import { MANIFEST, type Manifest, manifestSchema } from './lrs/files/back-up.ts'

export interface RestoreOptions {
  readonly from: string
  /** Take the backup although there is data: that is kept aside. */
  readonly replace: boolean
}

/** @returns the exit code. @throws StoreError `locked` while a server runs */
export async function restore(
  config: Config,
  { from, replace }: RestoreOptions,
  print: Print,
): Promise<number> {
  if (!isEmbedded(config)) {
    print('MongoDB is backed up and restored with its own tools (docs/operations.md)')
    return 1
  }
  const manifest = readManifest(from)
  if (manifest === null) {
    print(`${from} is no backup of Rollcall: its ${MANIFEST} is missing or broken`)
    return 1
  }
  const outcome = await restoreStores(config, { from, files: manifest.files, replace })
  if ('refused' in outcome) {
    print(outcome.refused)
    return 1
  }
  print(`the backup of ${manifest.at} is in place in ${config.ROLLCALL_DATA}`)
  if (outcome.aside !== null) print(`what was there before is in ${outcome.aside}`)
  return 0
}

function readManifest(from: string): Manifest | null {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(from, MANIFEST), 'utf8')))
  } catch {
    return null
  }
}
