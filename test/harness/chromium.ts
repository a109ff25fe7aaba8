/** A real Chromium for tests. Found on this machine, or, where we may, installed from Debian's packages. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** Nothing that a test does not need may leave the machine. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** @throws one sentence that says how to get a browser */
export async function startChromium(): Promise<Browser> {
  const executablePath = given() ?? onPath() ?? ofPlaywright() ?? installed()
  if (executablePath) return await chromium.launch({ executablePath, args: QUIET })
  throw new Error(
    'The browser tests need Chromium: put chromium or google-chrome on the PATH, name it with ROLLCALL_TEST_CHROMIUM, or run `npx playwright-core install chromium`.',
  )
}

function given(): string | undefined {
  return process.env.ROLLCALL_TEST_CHROMIUM
}

function onPath(): string | undefined {
  return NAMES.map((name) => spawnSync('which', [name], { encoding: 'utf8' }))
    .filter(({ status }) => status === 0)
    .map(({ stdout }) => stdout.trim())[0]
}

function ofPlaywright(): string | undefined {
  const path = chromium.executablePath()
  return existsSync(path) ? path : undefined
}

/** On a throw-away machine (root of a Debian): asked for by its package. */
function installed(): string | undefined {
  if (process.getuid?.() !== 0 || spawnSync('which', ['apt-get']).status !== 0) return undefined
  console.log('Chromium is missing: installing it from Debian’s packages.')
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' })
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: 'ignore',
    })
  } catch {
    return undefined
  }
  return onPath()
}
