/**
 * What an operator can do at the command line. A command is a function of the running product: the CLI calls it directly
 * when nothing runs, or through the server's control socket when one does (ruling 27).
 */
import { z } from 'zod'
import type { Caller } from '../lrs/access.ts'
import {
  createCredential,
  createPerson,
  createTenant,
  listCredentials,
  listPeople,
  operatorOf,
  removeCredential,
  removePerson,
} from '../lrs/accounts.ts'
import type { Lrs } from '../lrs/context.ts'
import { addPolicy, listPolicies, policyInWords } from '../lrs/policies.ts'
import { rebuild } from '../lrs/rebuild.ts'
import { Refusal } from '../lrs/refusal.ts'
import { presets } from '../metering/presets.ts'

/** One line for the operator. */
export type Print = (line: string) => void

/** @returns the exit code */
type Command = (lrs: Lrs, input: unknown, print: Print) => Promise<number>

const inTenant = z.object({ tenant: z.string().optional() }).loose()

async function callerIn(lrs: Lrs, input: unknown): Promise<Caller> {
  const { tenant: slug } = inTenant.parse(input)
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

function without(input: unknown, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input as object).filter(([name]) => !names.includes(name)))
}

const withId = z.object({ id: z.string() }).loose()
const withPolicy = z.object({ policy: z.unknown() }).loose()

export const COMMANDS: Readonly<Record<string, Command>> = {
  'tenant add': async (lrs, input, print) => {
    const tenant = await createTenant(lrs, input)
    print(`tenant ${tenant.slug} (${tenant.id})`)
    return 0
  },
  'tenant list': async (lrs, _input, print) => {
    for (const { slug, name } of await lrs.stores.tenants.list()) print(`${slug}  ${name}`)
    return 0
  },
  'user add': async (lrs, input, print) => {
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
  'policy add': async (lrs, input, print) => {
    const { policy } = withPolicy.parse(input)
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
    const { id } = withId.parse(input)
    for (const line of await policyInWords(lrs, await callerIn(lrs, input), id)) print(line)
    return 0
  },
  'policy presets': async (_lrs, _input, print) => {
    for (const preset of presets) print(preset.id)
    return 0
  },
  recount: async (lrs, input, print) => {
    const { policy } = z.object({ policy: z.string() }).loose().parse(input)
    const { differences, failing } = await rebuild(lrs, await callerIn(lrs, input), policy, print)
    return differences === 0 && failing === 0 ? 0 : 1
  },
}
