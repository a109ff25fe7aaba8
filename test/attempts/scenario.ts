/** Reads the scenarios of statements/ and runs them as the LRS would: facts, learners by links, one derivation each. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { v5 } from 'uuid'
import type {
  AttemptSettings,
  Catalogue,
  CatalogueEntry,
  Derivation,
  DerivationContext,
  LaunchRecord,
} from '../../src/attempts/derivation.ts'
import { derive } from '../../src/attempts/derive.ts'
import type { Purpose, StoredFact } from '../../src/attempts/fact.ts'
import { factsOf } from '../../src/attempts/facts.ts'
import { automaticLinks, components } from '../../src/attempts/identity.ts'
import { identifierOf } from '../../src/xapi/actor.ts'
import { instantOf } from '../../src/xapi/formats.ts'
import type { Agent, Statement } from '../../src/xapi/types.ts'
import { voidedId } from '../../src/xapi/voiding.ts'

interface Step {
  readonly statement: Statement
  readonly purpose?: Purpose
  readonly stored?: string
}

export interface Expected {
  readonly evidence: Readonly<Record<string, string>>
  readonly attempts: number
  readonly learners: number
  readonly deleted?: number
}

type Dated<T, K extends keyof T> = Omit<T, K> & { readonly [key in K]: string }

export interface Scenario {
  readonly file: string
  readonly title: string
  readonly credential: Purpose
  readonly steps: readonly Step[]
  readonly elements?: readonly Dated<CatalogueEntry, 'validFrom'>[]
  readonly launches?: readonly (Omit<Dated<LaunchRecord, 'at'>, 'learner'> & { readonly learner: Agent })[]
  readonly aliases?: readonly (readonly [Agent, Agent])[]
  readonly settings?: Partial<Omit<AttemptSettings, 'nonPersons'>> & {
    readonly nonPersons?: readonly Agent[]
  }
  readonly valid?: boolean
  readonly expected: Expected
}

const ROOT = join(import.meta.dirname, '../../statements')
const FALLBACK = instantOf('2025-03-01T09:00:00Z')

export const DEFAULTS: AttemptSettings = { gapMinutes: 30, launchedCounts: 'auto', nonPersons: [] }

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'))

/** A folder of single statements with `expected.json`: the copied samples. */
function readFolder(folder: string): Scenario {
  const doc = readJson(join(folder, 'expected.json')) as Scenario & { refused?: Record<string, string> }
  const names = readdirSync(folder).filter((name) => name !== 'expected.json' && name.endsWith('.json'))
  const steps: Step[] = []
  const evidence: Record<string, string> = {}
  const left = new Set(Object.keys(doc.expected.evidence))
  for (const name of names.filter((one) => !(one in (doc.refused ?? {}))).sort()) {
    const statement = readJson(join(folder, name)) as Statement
    if (!('verb' in statement)) continue
    const verdict = doc.expected.evidence[name]
    if (verdict === undefined) throw new Error(`${folder}: nothing is expected of ${name}`)
    left.delete(name)
    evidence[steps.length] = verdict
    steps.push({ statement })
  }
  if (left.size > 0) throw new Error(`${folder}: no such statements: ${[...left].join(', ')}`)
  return { ...doc, file: relative(ROOT, folder), steps, expected: { ...doc.expected, evidence } }
}

/** Every scenario of statements/, own and copied. */
export function loadScenarios(folder = ROOT): readonly Scenario[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): readonly Scenario[] => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (entry.name === 'vocabulary' || entry.name === 'document-schemas') return []
      return existsSync(join(path, 'expected.json')) ? [readFolder(path)] : loadScenarios(path)
    }
    if (!entry.name.endsWith('.json')) return []
    return [{ ...(readJson(path) as Scenario), file: relative(ROOT, path) }]
  })
}

const idOf = (scenario: Scenario, index: number): string => v5(`${scenario.file}#${index}`, v5.URL)

/** Ids of the steps, as sent or as an LRS would give them. */
function statementIds(scenario: Scenario): readonly string[] {
  return scenario.steps.map((step, index) => step.statement.id?.toLowerCase() ?? idOf(scenario, index))
}

/** The stored facts of a scenario; `voided` is known whatever came first. */
export function storedFacts(scenario: Scenario): readonly StoredFact[] {
  const ids = statementIds(scenario)
  const voided = new Set(scenario.steps.map((step) => voidedId(step.statement)))
  return scenario.steps.flatMap(({ statement, purpose, stored }, seq) => {
    const at = statement.timestamp === undefined ? FALLBACK + seq * 1000 : instantOf(statement.timestamp)
    const origin = {
      statementId: ids[seq] ?? '',
      idGiven: statement.id !== undefined,
      credential: `key-${purpose ?? scenario.credential}`,
      purpose: purpose ?? scenario.credential,
    }
    return factsOf(statement, origin).map((fact) => ({
      ...fact,
      seq,
      stored: stored === undefined ? at + 2000 : instantOf(stored),
      voided: voided.has(fact.statementId),
    }))
  })
}

const identify = (agent: Agent): string => identifierOf(agent) ?? ''

function catalogueOf(scenarios: readonly Scenario[]): Catalogue {
  const entries = scenarios
    .flatMap((scenario) => scenario.elements ?? [])
    .map((entry) => ({ ...entry, validFrom: instantOf(entry.validFrom) }))
    .sort((a, b) => a.validFrom - b.validFrom)
  const catalogue = new Map<string, CatalogueEntry[]>()
  for (const entry of entries) catalogue.set(entry.id, [...(catalogue.get(entry.id) ?? []), entry])
  return catalogue
}

/** Several scenarios as one history of one tenant. */
export interface History {
  readonly facts: readonly StoredFact[]
  readonly context: DerivationContext
  readonly links: readonly (readonly [string, string])[]
}

export function historyOf(...scenarios: readonly Scenario[]): History {
  const launches = scenarios.flatMap((scenario) => scenario.launches ?? [])
  return {
    facts: scenarios.flatMap(storedFacts),
    links: scenarios
      .flatMap((scenario) => scenario.aliases ?? [])
      .map(([a, b]) => [identify(a), identify(b)] as const),
    context: {
      tenant: 'acme',
      catalogue: catalogueOf(scenarios),
      launches: launches.map((record) => ({
        ...record,
        learner: identify(record.learner),
        at: instantOf(record.at),
      })),
      settings: {
        ...DEFAULTS,
        ...Object.assign({}, ...scenarios.map((scenario) => scenario.settings ?? {})),
        nonPersons: scenarios.flatMap((scenario) => scenario.settings?.nonPersons ?? []).map(identify),
      },
    },
  }
}

/** One derivation for each learner, by their smallest identifier. */
export function deriveAll({ facts, context, links }: History): ReadonlyMap<string, Derivation> {
  const ifis = [...new Set(facts.map((fact) => fact.learner))]
  const automatic = ifis.flatMap((ifi) => automaticLinks(ifi).map((other) => [ifi, other] as const))
  const derivations = new Map<string, Derivation>()
  for (const members of components(ifis, [...automatic, ...links])) {
    const own = facts.filter((fact) => members.includes(fact.learner))
    if (own.length === 0) continue
    const launches = context.launches.filter((record) => members.includes(record.learner))
    derivations.set(members[0] ?? '', derive(own, { ...context, launches }))
  }
  return derivations
}

/** What a scenario comes to, in the form of its `expected`. */
export function outcomeOf(scenario: Scenario, history = historyOf(scenario)): Required<Expected> {
  const derivations = [...deriveAll(history).values()]
  const verdicts = new Map<string, Set<string>>()
  for (const { fact, obstacles } of derivations.flatMap((derivation) => derivation.classified)) {
    verdicts.set(
      fact.statementId,
      (verdicts.get(fact.statementId) ?? new Set()).add(obstacles[0] ?? 'tracked'),
    )
  }
  const evidence: Record<string, string> = {}
  statementIds(scenario).forEach((id, index) => {
    const found = verdicts.get(id)
    if (found) evidence[index] = [...found].sort().join(' and ')
  })
  const attempts = derivations
    .flatMap((derivation) => derivation.attempts)
    .filter((attempt) => attempt.tracked)
  const active = derivations.filter((derivation) => derivation.attempts.some((attempt) => attempt.tracked))
  return {
    evidence,
    attempts: attempts.length,
    deleted: attempts.filter((attempt) => attempt.deleted).length,
    learners: active.length,
  }
}

export function scenario(file: string): Scenario {
  const found = loadScenarios(join(ROOT, file, '..')).find((one) => basename(one.file) === basename(file))
  if (!found) throw new Error(`no scenario ${file}`)
  return found
}
