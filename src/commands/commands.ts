/**
 * What an operator can do at the command line. A command is a function of the running product: the CLI calls it directly
 * when nothing runs, or through the server's control socket when one does (ruling 27).
 */
import { z } from 'zod'
import { type Caller, PURPOSES } from '../lrs/access/access.ts'
import {
  createCredential,
  createPerson,
  createTenant,
  listCredentials,
  listPeople,
  operatorOf,
  removeCredential,
  removePerson,
  retireSecrets,
  rotateCredential,
} from '../lrs/access/accounts.ts'
import { verifyWindow } from '../lrs/close/verify.ts'
import type { Lrs } from '../lrs/context.ts'
import { addPolicy, listPolicies, policyInWords } from '../lrs/counting/policies.ts'
import { rebuild } from '../lrs/counting/rebuild.ts'
import { backUp } from '../lrs/files/back-up.ts'
import type { FileTask } from '../lrs/files/task.ts'
import { parseInput } from '../lrs/parse-input.ts'
import { Refusal } from '../lrs/refusal.ts'
import { presets } from '../metering/presets.ts'

/** One line for the operator. */
export type Print = (line: string) => void

/** Runs a task on files, telling the operator how it goes. @returns the exit code */
export type RunFiles = (task: FileTask) => Promise<number>

/** @returns the exit code */
type Command = (lrs: Lrs, input: unknown, print: Print, files: RunFiles) => Promise<number>

const inTenant = z.object({ tenant: z.string().optional() }).loose()

async function callerIn(lrs: Lrs, input: unknown): Promise<Caller> {
  const { tenant: slug } = given(inTenant, input)
  const tenants = await lrs.stores.tenants.list()
  const found =
    slug === undefined && tenants.length === 1 ? tenants[0] : tenants.find((tenant) => tenant.slug === slug)
  if (found) return operatorOf(found)
  const slugs = tenants.map((tenant) => tenant.slug).join(', ')
  throw new Refusal(
    'malformed',
    slug === undefined
      ? `name the tenant: --tenant one of ${slugs}`
      : `there is no tenant «${slug}»: ${slugs}`,
  )
}

/** What the command line gave, or one sentence that names what is wrong with it. */
function given<T>(schema: z.ZodType<T>, input: unknown): T {
  return parseInput(schema, input, 'the command line')
}

function without(input: unknown, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input as object).filter(([name]) => !names.includes(name)))
}

const importInput = z.object({
  file: z.string(),
  purpose: z.enum(PURPOSES),
  name: z.string().min(1).optional(),
  errors: z.string().optional(),
  dryRun: z.boolean().default(false),
})
const exportInput = z.object({ file: z.string() })
const backupInput = z.object({ directory: z.string() })

const withId = z.object({ id: z.string() }).loose()
const withPassword = z.object({ password: z.string().optional() }).loose()
const withPolicy = z.object({ policy: z.unknown() }).loose()

export const COMMANDS: Readonly<Record<string, Command>> = {
  'tenant add': async (lrs, input, print) => {
    const tenant = await createTenant(lrs, input)
    print(`tenant ${tenant.slug} (${tenant.id})`)
    return 0
  },
  'tenant list': async (lrs, _input, print) => {
    for (const { id, slug, name } of await lrs.stores.tenants.list()) print(`${id}  ${slug}  ${name}`)
    return 0
  },
  'user add': async (lrs, input, print) => {
    if (given(withPassword, input).password === undefined)
      throw new Refusal('malformed', 'the password is read from ROLLCALL_PASSWORD, which is not set')
    const person = await createPerson(lrs, await callerIn(lrs, input), without(input, 'tenant'))
    print(`user ${person.email} (${person.roles.join(', ')}), id ${person.id}`)
    return 0
  },
  'user list': async (lrs, input, print) => {
    for (const { id, email, roles } of await listPeople(lrs, await callerIn(lrs, input)))
      print(`${id}  ${email}  ${roles.join(',')}`)
    return 0
  },
  'user remove': async (lrs, input, print) => {
    const { id } = withId.parse(input)
    await removePerson(lrs, await callerIn(lrs, input), id)
    print(`removed user ${id}`)
    return 0
  },
  'credential add': async (lrs, input, print) => {
    const made = await createCredential(lrs, await callerIn(lrs, input), without(input, 'tenant'))
    print(`id      ${made.id}`)
    print(`key     ${made.key}`)
    print(`secret  ${made.secret}`)
    print('The secret is shown this once.')
    return 0
  },
  'credential list': async (lrs, input, print) => {
    for (const one of await listCredentials(lrs, await callerIn(lrs, input))) {
      print(`${one.id}  ${one.key}  ${one.purpose}  ${one.scopes.join(',')}  ${one.label}`)
    }
    return 0
  },
  'credential remove': async (lrs, input, print) => {
    const { id } = withId.parse(input)
    await removeCredential(lrs, await callerIn(lrs, input), id)
    print(`removed credential ${id}`)
    return 0
  },
  'credential rotate': async (lrs, input, print) => {
    const { id, revoke } = given(z.object({ id: z.string(), revoke: z.boolean().default(false) }), input)
    const { key, secret, liveSecrets } = await rotateCredential(lrs, await callerIn(lrs, input), id, {
      revoke,
    })
    print(`key     ${key}`)
    print(`secret  ${secret}`)
    print(
      liveSecrets === 1
        ? 'The secret is shown this once; no other works any more.'
        : `The secret is shown this once. The one before works until: rollcall credential retire ${id}`,
    )
    return 0
  },
  'credential retire': async (lrs, input, print) => {
    const { id } = given(withId, input)
    await retireSecrets(lrs, await callerIn(lrs, input), id)
    print(`only the newest secret of ${id} works now`)
    return 0
  },
  'policy add': async (lrs, input, print) => {
    const { policy } = given(withPolicy, input)
    const view = await addPolicy(lrs, await callerIn(lrs, input), policy)
    print(`policy ${view.policy.id}, version ${view.version}: ${view.state}`)
    return 0
  },
  'policy list': async (lrs, input, print) => {
    for (const { policy, version, state } of await listPolicies(lrs, await callerIn(lrs, input))) {
      print(`${policy.id}  version ${version}  ${state}`)
    }
    return 0
  },
  'policy text': async (lrs, input, print) => {
    const { id } = given(withId, input)
    for (const line of await policyInWords(lrs, await callerIn(lrs, input), id)) print(line)
    return 0
  },
  'policy presets': async (_lrs, _input, print) => {
    for (const preset of presets) print(preset.id)
    return 0
  },
  recount: async (lrs, input, print) => {
    const { policy } = given(z.object({ policy: z.string() }).loose(), input)
    const { differences, failing } = await rebuild(lrs, await callerIn(lrs, input), policy, print)
    return differences === 0 && failing === 0 ? 0 : 1
  },
  verify: async (lrs, input, print) => {
    const { policy } = given(z.object({ policy: z.string().optional() }).loose(), input)
    const { tenant } = await callerIn(lrs, input)
    let mismatches = 0
    for (const closing of await lrs.stores.snapshots.closings(tenant)) {
      if (policy !== undefined && closing.policy !== policy) continue
      const found = await verifyWindow(lrs, tenant, closing)
      mismatches += found?.mismatches.length ?? 0
      print(`${closing.window}: ${closing.count} counted, ${found?.mismatches.length ?? 0} differences`)
      for (const line of found?.mismatches ?? []) print(`  ${line}`)
    }
    return mismatches === 0 ? 0 : 1
  },
  import: async (lrs, input, _print, files) => {
    const { tenant } = await callerIn(lrs, input)
    return await files({ kind: 'import', tenant, ...given(importInput, input) })
  },
  export: async (lrs, input, _print, files) => {
    const { tenant } = await callerIn(lrs, input)
    return await files({ kind: 'export', tenant, ...given(exportInput, input) })
  },
  backup: async (lrs, input, print) => {
    await backUp(lrs, given(backupInput, input).directory, print)
    return 0
  },
}
