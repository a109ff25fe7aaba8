/** Where the demo runs: a directory of its own, and a port nobody uses. */
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DemoError } from './api.ts'

/** Marks a directory as the demo's: nothing else is ever emptied. */
const MARK = 'rollcall-demo.txt'
const MARK_TEXT = 'This directory belongs to `rollcall demo`, which empties it at every start.\n'

export function demoDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'demo')
}

/** A demo has run here before, so the directory may be in use or emptied. */
export function isDemoDirectory(directory: string): boolean {
  return existsSync(join(directory, MARK))
}

/** @throws DemoError when the directory holds anything that is not the demo's */
export function emptyDirectory(directory: string): void {
  const foreign = existsSync(directory) && !isDemoDirectory(directory) && readdirSync(directory).length > 0
  if (foreign) {
    throw new DemoError(
      `${directory} holds data that is not the demo's. Set ROLLCALL_DATA to another directory, or move it away.`,
    )
  }
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, MARK), MARK_TEXT)
}

/** The port of the settings when nobody chose one: then another may stand in for it. */
const DEFAULT_PORT = 8080

/** @returns the port asked for, or a free one when that was left to us; never 0, since it becomes part of the address */
export async function choosePort(port: number, host: string | undefined): Promise<number> {
  try {
    return await tryPort(port, host)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port !== DEFAULT_PORT) throw error
    return await tryPort(0, host)
  }
}

async function tryPort(port: number, host: string | undefined): Promise<number> {
  const probe = createServer()
  probe.listen(port, host)
  await once(probe, 'listening')
  const { port: found } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return found
}
