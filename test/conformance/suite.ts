/** One run of the public suite, as a process in its checkout. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { SuiteLog, Version } from './verdict.ts'

export interface SuiteTarget {
  readonly url: string
  readonly version: Version
  readonly key: string
  readonly secret: string
}

/** @throws when the suite ends without having written a log */
export async function runSuite(directory: string, target: SuiteTarget): Promise<SuiteLog> {
  const { url, version, key, secret } = target
  const options = ['-e', url, '-a', '-u', key, '-p', secret, '-z', '-x', version]
  const child = spawn(process.execPath, ['bin/console_runner.js', ...options], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let written: string | undefined
  let last = ''
  createInterface({ input: child.stdout }).on('line', (line) => {
    written ??= /^Full run log written to (.+)$/.exec(line)?.[1]
    last = line
  })
  await once(child, 'close')
  if (written === undefined) throw new Error(`the suite wrote no log; its last line was: ${last}`)
  return JSON.parse(readFileSync(written, 'utf8')) as SuiteLog
}
