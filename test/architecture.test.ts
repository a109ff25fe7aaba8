/** The arrows of the design, never backwards: cli → app → {http, jobs} → lrs → store/ports → {metering, attempts, evidence, xapi}. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = new URL('../src/', import.meta.url).pathname

/** Which rooms a room may look into; a room may always look into itself. The composition root may look everywhere. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  xapi: [],
  evidence: [],
  attempts: ['xapi'],
  metering: ['attempts', 'xapi'],
  store: ['metering', 'evidence', 'attempts', 'xapi', 'clock'],
  'store/sqlite': ['store', 'evidence', 'metering', 'attempts', 'xapi', 'clock'],
  'store/mongo': ['store', 'evidence', 'metering', 'attempts', 'xapi', 'clock'],
  lrs: ['store', 'evidence', 'metering', 'attempts', 'xapi', 'clock'],
  jobs: ['lrs', 'store', 'clock'],
  delivery: ['lrs'],
  http: ['lrs', 'store', 'metering', 'attempts', 'xapi', 'clock'],
  commands: ['lrs', 'store', 'metering', 'clock'],
  // A client of the server's HTTP API: it must not reach behind it. `app` and `config` only as types.
  demo: ['metering', 'attempts', 'xapi', 'app', 'config'],
  clock: [],
  config: [],
  settings: ['config'],
}
const COMPOSITION_ROOT = [
  'cli',
  'app',
  'engine',
  'control',
  'serve',
  'threads',
  'jobs-thread',
  'counting-thread',
  'counting-crew',
  'intake-thread',
  'files-thread',
  'priority',
  'progress',
  'restore',
  'listener',
  'log',
]

/** Pure rooms: nothing that touches the world. */
const PURE: Readonly<Record<string, readonly string[]>> = {
  xapi: ['jsonc-parser', 'node:crypto'],
  attempts: ['node:crypto', 'uuid'],
  metering: ['node:crypto', 'zod', 'luxon', 'simple-statistics'],
  evidence: ['node:crypto'],
}

function roomOf(file: string): string {
  for (const engine of ['store/sqlite', 'store/mongo']) if (file.startsWith(`${engine}/`)) return engine
  const [first = ''] = file.split('/')
  return first.replace(/\.ts$/, '')
}

/** Imports of a file under src/ that its room may not have. */
function violations(file: string, source: string): string[] {
  const room = roomOf(file)
  if (COMPOSITION_ROOT.includes(room)) return []
  const imports = [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, path]) => path as string)
  return imports.filter((path) => (path.startsWith('.') ? !mayLook(room, file, path) : !mayUse(room, path)))
}

function mayLook(room: string, file: string, path: string): boolean {
  const target = normalize(join(dirname(file), path))
  if (target.startsWith('..')) return target.includes('statements/vocabulary/') && room in PURE
  const other = roomOf(target)
  return other === room || (ALLOWED[room] ?? []).includes(other)
}

function mayUse(room: string, name: string): boolean {
  return PURE[room]?.includes(name) ?? true
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

describe('the arrows', () => {
  it.each([
    ['xapi/x.ts', "import express from 'express'"],
    ['xapi/x.ts', "import { derive } from '../attempts/derive.ts'"],
    ['attempts/x.ts', "import { readFileSync } from 'node:fs'"],
    ['metering/x.ts', "import type { Stores } from '../store/ports.ts'"],
    ['metering/x.ts', "import Database from 'better-sqlite3'"],
    ['lrs/x.ts', "import { openSqlite } from '../store/sqlite/open.ts'"],
    ['lrs/x.ts', "import { openMongo } from '../store/mongo/open.ts'"],
    ['store/sqlite/x.ts', "import { keyOf } from '../mongo/keys-of.ts'"],
    ['lrs/x.ts', "import { respond } from '../http/respond.ts'"],
    ['http/api/x.ts', "import { openSqlite } from '../../store/sqlite/open.ts'"],
    ['store/ports.ts', "import { openSqlite } from './sqlite/open.ts'"],
    ['store/sqlite/x.ts', "import { storeStatements } from '../../lrs/store-statements.ts'"],
    ['demo/x.ts', "import type { Lrs } from '../lrs/context.ts'"],
    ['jobs/x.ts', "const late = await import('../http/server.ts')"],
  ])('would catch %s with %s', (file, source) => {
    expect(violations(file, source)).toHaveLength(1)
  })

  it('finds the files it is about', () => {
    expect(files.length).toBeGreaterThan(60)
  })

  it('knows every room', () => {
    const rooms = new Set(files.map(roomOf))
    expect([...rooms].filter((room) => !(room in ALLOWED) && !COMPOSITION_ROOT.includes(room))).toEqual([])
  })

  it.each(files)('%s imports only what its room allows', (file) => {
    expect(violations(file, readFileSync(join(SRC, file), 'utf8'))).toEqual([])
  })
})
