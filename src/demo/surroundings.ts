/** Where the demo runs: a directory of its own, and a port nobody uses. */
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DemoError } from './api.ts'

/** Marks a directory as the demo's, and says which process uses it: nothing else is ever emptied. */
const MARK = 'rollcall-demo.json'
const ABOUT = 'This directory belongs to `rollcall demo`, which empties it at every start.'

interface Mark {
  readonly about: string
  readonly process: number
  readonly address: string
}

/**
 * Empties the demo's directory below the data directory, or makes it.
 * @param address where this demo will answer
 * @throws DemoError when a demo still uses it, or when it holds anything that is not the demo's
 */
export async function prepareDirectory(dataDirectory: string, address: string): Promise<string> {
  const directory = join(dataDirectory, 'demo')
  const mark = readMark(directory)
  if (!mark && existsSync(directory) && readdirSync(directory).length > 0) {
    throw new DemoError(
      `${directory} holds data that is not the demo's; set ROLLCALL_DATA to another directory`,
    )
  }
  if (mark && (await isRunning(mark))) {
    throw new DemoError(`a demo is running at ${mark.address} (process ${mark.process}); stop it first`)
  }
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  writeMark(directory, { about: ABOUT, process: process.pid, address })
  return directory
}

function writeMark(directory: string, mark: Mark): void {
  writeFileSync(join(directory, MARK), `${JSON.stringify(mark)}\n`)
}

function readMark(directory: string): Mark | null {
  const file = join(directory, MARK)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Mark) : null
}

/** A number of a process may be used again, so its server must answer too. */
async function isRunning({ process: number, address }: Mark): Promise<boolean> {
  try {
    process.kill(number, 0)
    return (await fetch(`${address}/health`, { signal: AbortSignal.timeout(1000) })).ok
  } catch {
    return false
  }
}

/** The port of the settings when nobody chose one: then another may stand in for it. */
const DEFAULT_PORT = 8080

/**
 * @returns the port asked for, or a free one when that was left to us; never 0, since it becomes part of the address
 * @throws DemoError when it is taken
 */
export async function choosePort(port: number, host: string | undefined): Promise<number> {
  try {
    return await tryPort(port, host)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (port !== DEFAULT_PORT)
      throw new DemoError(`port ${port} is taken; set PORT to another, or to 0 for any`)
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
