/** What an LMS tells beside statements: its catalogue, launch records, and which identifiers are one person. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Catalogue, CatalogueEntry, LaunchRecord } from '../attempts/derivation.ts'
import { sameSettings } from '../attempts/element.ts'
import type { IdentityLink, LearnerMerge, Page, PageRequest } from '../store/ports.ts'
import { agentOfIdentifier, identifierOf } from '../xapi/actor.ts'
import { checkAgent } from '../xapi/check-statement.ts'
import { instantOf, isIri, isTimestamp } from '../xapi/formats.ts'
import type { Agent, Identifier } from '../xapi/types.ts'
import { type Caller, demand } from './access/access.ts'
import { noteAct } from './acts.ts'
import type { Lrs } from './context.ts'
import { parseInput } from './parse-input.ts'
import { effectOfChange, effectOfSplit, type PeopleEffect } from './people/people-effect.ts'
import { malformedAt, Refusal } from './refusal.ts'

/** Above this many people merged away in one call, `confirm` is asked for (ruling 20). */
export const CONFIRM_ABOVE = 20

const iri = z.string().refine(isIri, 'must be an IRI')
const instant = z
  .string()
  .refine((text) => isTimestamp(text), 'must be an ISO 8601 timestamp')
  .transform((text) => instantOf(text))
const agent = z.unknown().transform((value, context) => {
  const [first] = checkAgent(value)
  if (first === undefined) return identifierOf(value as Agent) as string
  context.addIssue({
    code: 'custom',
    message: `${first.message} (${first.requirement})`,
    path: first.path.split('.').slice(1),
  })
  return z.NEVER
})

const element = z.strictObject({
  id: iri,
  name: z.string().min(1),
  kind: z.enum(['scorm', 'cmi5', 'xapi', 'ilt', 'other']),
  utilizationTracking: z.enum([
    'none',
    'none-resource',
    'incomplete-on-open',
    'complete-on-open',
    'complete-on-close',
    'complete-on-duration',
  ]),
  tags: z
    .array(z.string().min(1))
    .transform((tags) => [...new Set(tags)].sort())
    .optional(),
  validFrom: instant.optional(),
})

const launch = z
  .strictObject({
    session: z.string().min(1).optional(),
    registration: z.uuid().toLowerCase().optional(),
    element: iri.optional(),
    learner: agent,
    origin: z.enum(['admin-catalog', 'learner', 'unknown']),
    mode: z.enum(['Normal', 'Browse', 'Review']).optional(),
    at: instant,
    roles: z.array(z.string()).optional(),
  })
  .refine(
    ({ session, registration, element }) =>
      [session, registration, element].filter((one) => one !== undefined).length === 1,
    'exactly one of session, registration and element says what was launched',
  )

const alias = z.strictObject({ identities: z.array(agent).min(2) })
const aliasRequest = z.strictObject({
  aliases: z.array(alias),
  confirm: z.boolean().default(false),
  dryRun: z.boolean().default(false),
})

/** The request with its switches, a list, or one entry: each refused by the paths it was sent with. */
function aliasesIn(input: unknown): z.infer<typeof aliasRequest> {
  const requirement = 'PUT /aliases, ruling 20'
  const switches = { confirm: false, dryRun: false }
  if (Array.isArray(input)) return { aliases: parseInput(z.array(alias), input, requirement), ...switches }
  const isRequest = typeof input === 'object' && input !== null && 'aliases' in input
  if (isRequest) return parseInput(aliasRequest, input, requirement)
  return { aliases: [parseInput(alias, input, requirement)], ...switches }
}

/** One entry is taken wherever a list is. */
function listOf<T>(schema: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(schema)) as z.ZodType<
    readonly T[]
  >
}

/**
 * Adds dated catalogue entries. Without `validFrom` an element's first entry holds from the beginning, a later one from
 * now (ruling 1). @returns how many changed something
 */
export async function putElements(lrs: Lrs, caller: Caller, input: unknown): Promise<{ added: number }> {
  demand(caller, 'manage elements')
  const now = lrs.clock.now()
  const entries = parseInput(listOf(element), input, 'PUT /elements, ruling 1')
  const author = caller.id
  const catalogue = await lrs.catalogueOf(caller.tenant)
  refuseRebilling(catalogue, entries, now)
  const added = await lrs.stores.elements.put(
    caller.tenant,
    dated(catalogue, entries, now).map((entry) => ({ ...entry, author })),
  )
  if (added > 0) lrs.wake()
  return { added }
}

/**
 * Undated entries hold from now on. An element's first entry reaches back to the beginning, so it holds now as well: dated
 * in the future, a change in between would come before it and take the past from it (ruling 1).
 */
function dated(
  catalogue: Catalogue,
  entries: readonly z.infer<typeof element>[],
  now: number,
): readonly CatalogueEntry[] {
  const all = entries.map((entry) => ({ ...settingsOf(entry), validFrom: entry.validFrom ?? now }))
  const firsts = new Map<string, CatalogueEntry>()
  for (const entry of all) {
    const known = firsts.get(entry.id)
    if (!catalogue.has(entry.id) && (!known || entry.validFrom < known.validFrom)) firsts.set(entry.id, entry)
  }
  return all.map((entry) =>
    firsts.get(entry.id) === entry ? { ...entry, validFrom: Math.min(entry.validFrom, now) } : entry,
  )
}

/** No tags are the same as none given. */
function settingsOf({
  id,
  name,
  kind,
  utilizationTracking,
  tags = [],
}: z.infer<typeof element>): Omit<CatalogueEntry, 'validFrom'> {
  return { id, name, kind, utilizationTracking, ...(tags.length > 0 && { tags }) }
}

/** A change of a known element holds from now on, or from a later time: no click re-bills the past (ruling 1). */
function refuseRebilling(
  catalogue: Catalogue,
  entries: readonly z.infer<typeof element>[],
  now: number,
): void {
  for (const [index, entry] of entries.entries()) {
    const { id, validFrom } = entry
    const known = catalogue.get(id)
    if (!known || validFrom === undefined || validFrom >= now) continue
    const then = known.findLast((entry) => entry.validFrom <= validFrom) ?? known[0]
    if (then && sameSettings(then, settingsOf(entry))) continue
    const message = 'the element is known already; a change may not start in the past'
    throw malformedAt(`$.${index}.validFrom`, message, 'PUT /elements, ruling 1')
  }
}

export async function listElements(
  lrs: Lrs,
  caller: Caller,
  page: PageRequest,
): Promise<Page<CatalogueEntry>> {
  demand(caller, 'read reports')
  return lrs.stores.elements.list(caller.tenant, lrs.clock.now(), page)
}

/** Launch records, before or after the statements; the same record again changes nothing (ruling 21). */
export async function addLaunches(lrs: Lrs, caller: Caller, input: unknown): Promise<{ added: number }> {
  demand(caller, 'record launches')
  const records = parseInput(listOf(launch), input, 'POST /launches, ruling 21').map((record) => {
    const given = Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
    const id = createHash('sha256')
      .update(JSON.stringify(given, Object.keys(given).sort()))
      .digest('hex')
      .slice(0, 32)
    return { ...given, id } as LaunchRecord
  })
  const added = await lrs.stores.launches.add(caller.tenant, records)
  if (added > 0) lrs.wake()
  return { added }
}

export interface AliasOutcome {
  readonly added: number
  readonly dryRun: boolean
  readonly merges: readonly LearnerMerge[]
  /** True when nothing was done because more than 20 people would be merged: send `confirm: true`. */
  readonly needsConfirm: boolean
  /** Only of a dry run: what it would do to the counts (Q21). */
  readonly effect?: PeopleEffect
}

/** Adds links between identifiers of one person; each list is one person (ruling 20). */
export async function putAliases(lrs: Lrs, caller: Caller, input: unknown): Promise<AliasOutcome> {
  demand(caller, 'manage aliases')
  const { aliases: given, confirm, dryRun } = aliasesIn(input)
  const at = lrs.clock.now()
  const links: IdentityLink[] = given.flatMap(({ identities: [first = '', ...rest] }) =>
    rest
      .filter((other) => other !== first)
      .map((other) => ({
        id: lrs.newId(),
        a: first,
        b: other,
        author: caller.id,
        source: 'alias' as const,
        at,
      })),
  )
  const confirmAbove = confirm ? Number.POSITIVE_INFINITY : CONFIRM_ABOVE
  const { outcome, added, merges } = await lrs.stores.identities.link(caller.tenant, links, {
    dryRun,
    confirmAbove,
  })
  if (outcome === 'linked') lrs.wake()
  const about = { added, dryRun, merges, needsConfirm: outcome === 'too-many' }
  if (!dryRun) return about
  const effect = await effectOfChange(lrs, caller.tenant, { merges, profiles: new Map(), learners: [] })
  return { ...about, effect }
}

export interface LinkView extends Omit<IdentityLink, 'a' | 'b' | 'at'> {
  readonly identities: readonly Identifier[]
  readonly at: string
}

export async function listAliases(lrs: Lrs, caller: Caller, page: PageRequest): Promise<Page<LinkView>> {
  demand(caller, 'read reports')
  const { items, next } = await lrs.stores.identities.links(caller.tenant, page)
  return { items: items.map(linkView), next }
}

function linkView({ a, b, at, ...link }: IdentityLink): LinkView {
  return {
    ...link,
    identities: [agentOfIdentifier(a), agentOfIdentifier(b)],
    at: new Date(at).toISOString(),
  }
}

export interface SplitOutcome {
  readonly learner: string
  /** The identifiers of each learner that there is then; the first keeps the id. One: another link holds them together. */
  readonly parts: readonly (readonly Identifier[])[]
  readonly dryRun: boolean
  /** What it does to the counts (Q21): worked out before it is done. */
  readonly effect: PeopleEffect
}

/** Takes back one link: what it alone held together is several people again (ruling 19). @throws Refusal `not-found` */
export async function removeAlias(
  lrs: Lrs,
  caller: Caller,
  id: string,
  dryRun: boolean,
): Promise<SplitOutcome> {
  demand(caller, 'manage aliases')
  const { identities } = lrs.stores
  const planned = await identities.unlink(caller.tenant, id, { dryRun: true })
  if (!planned) throw new Refusal('not-found', `there is no link «${id}» that somebody made`)
  const effect = await effectOfSplit(lrs, caller.tenant, planned.learner, planned.parts)
  const done = dryRun ? planned : ((await identities.unlink(caller.tenant, id, { dryRun: false })) ?? planned)
  if (!dryRun) {
    await noteAct(lrs, caller, { id: lrs.newId(), act: 'remove alias', subject: id, reason: null })
    lrs.wake()
  }
  return {
    learner: done.learner,
    parts: done.parts.map((ifis) => ifis.map(agentOfIdentifier)),
    dryRun,
    effect,
  }
}
