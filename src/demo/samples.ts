/** The samples of statements/ that the demo's sessions are made from. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Purpose } from '../attempts/fact.ts'
import type { Statement } from '../xapi/types.ts'

export interface SampleStep {
  readonly statement: Statement
  /** Of the credential that sends it. */
  readonly purpose: Purpose
}

/** What one learner's session looked like. */
export type Sample = readonly SampleStep[]

/** A scenario as statements/README.md describes it, as far as the demo reads it. */
interface Scenario {
  readonly credential: Purpose
  readonly steps: readonly { readonly statement: Statement; readonly purpose?: Purpose }[]
}

const LMS_VERBS: ReadonlySet<string> = new Set([
  'http://adlnet.gov/expapi/verbs/launched',
  'https://w3id.org/xapi/adl/verbs/abandoned',
  'https://w3id.org/xapi/adl/verbs/satisfied',
  'https://w3id.org/xapi/adl/verbs/waived',
])

/**
 * @param path within statements/: a scenario file, or a folder with one file for each statement of a cmi5 session, in the
 * order of their names; there the LMS's own verbs (cmi5 §9.3) come with its key
 */
export function readSample(path: string): Sample {
  const full = join(statementsFolder(), path)
  if (statSync(full).isDirectory()) return readFolder(full)
  const { credential, steps } = readJson(full) as Scenario
  return steps.map(({ statement, purpose }) => ({ statement, purpose: purpose ?? credential }))
}

function readFolder(folder: string): Sample {
  const files = readdirSync(folder).filter((file) => /^\d+-.*statement.*\.json$/.test(file))
  return files.sort().map((file): SampleStep => {
    const statement = readJson(join(folder, file)) as Statement
    return { statement, purpose: LMS_VERBS.has(statement.verb.id) ? 'lms' : 'learner' }
  })
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** From the sources as from dist/: beside the nearest package.json. */
function statementsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder)
      throw new Error('statements/ is missing: run the demo from an installation of Rollcall')
    folder = parent
  }
  return join(folder, 'statements')
}
