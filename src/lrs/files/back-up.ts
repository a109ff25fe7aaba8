/** `rollcall backup`: a consistent copy beside a manifest that says what it is and lets `restore` prove it whole. */
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'

export const MANIFEST = 'backup.json'

export const manifestSchema = z.object({
  rollcallBackup: z.literal(1),
  at: z.iso.datetime(),
  files: z.array(
    z.object({ name: z.string().regex(/^[\w.-]+$/), bytes: z.number().int(), sha256: z.string().length(64) }),
  ),
})
export type Manifest = z.infer<typeof manifestSchema>

/**
 * The directory has its name only when the copy is whole. It holds everything, keys and personal data included: only its
 * owner may read it.
 * @throws Refusal `conflict` when the directory exists, `not-yet-available` where the database's own tools do this
 */
export async function backUp(
  { stores, clock }: Pick<Lrs, 'stores' | 'clock'>,
  directory: string,
  print: (line: string) => void,
): Promise<void> {
  const { backup } = stores.upkeep
  if (!backup)
    throw new Refusal('not-yet-available', 'this store is backed up with the tools of its database')
  if (existsSync(directory)) throw new Refusal('conflict', `${directory} exists already`)
  const partial = `${directory}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial, { recursive: true, mode: 0o700 })
  try {
    const at = new Date(clock.now()).toISOString()
    const { files } = await backup(partial)
    const manifest: Manifest = { rollcallBackup: 1, at, files: [...files] }
    await writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, {
      mode: 0o600,
      flush: true,
    })
    await rename(partial, directory)
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    print(`backup of ${at} in ${directory}, ${(bytes / 1024 / 1024).toFixed(1)} MB`)
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error
  }
}
