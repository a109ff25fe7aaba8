/** GET /xapi/agents: the Person behind an Agent. */
import { automaticLinks } from '../../attempts/identity.ts'
import type { TenantId } from '../../store/ports.ts'
import { agentOfIdentifier, identifierOf } from '../../xapi/actor.ts'
import { type Person, personOf } from '../../xapi/person.ts'
import type { Actor } from '../../xapi/types.ts'
import { type Caller, demand, may } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { malformedAt } from '../refusal.ts'

/**
 * The identifier asked for as it was sent, others in canonical form. Who may read everything sees all identities of the learner (ruling 20), others
 * the one they asked for. An Agent nobody has met is a Person all the same (XAPI-00248).
 * @throws Refusal `forbidden`
 */
export async function describeAgent(lrs: Lrs, caller: Caller, agent: Actor): Promise<Person> {
  demand(caller, 'look up activities and agents')
  const ifi = identifierOf(agent)
  if (ifi === null) throw malformedAt('?agent', 'nobody can be told from this one', 'XAPI-00249')
  const ifis = may(caller, 'see merged identities') ? await identitiesOf(lrs, caller.tenant, ifi) : [ifi]
  const names = await lrs.stores.descriptions.namesOf(caller.tenant, ifis)
  return personOf(
    [agent, ...ifis.slice(1).map(agentOfIdentifier)],
    ifis.flatMap((one) => names.get(one) ?? []),
  )
}

/** The one asked for first. The hashes of a mailbox that nobody has used say nothing new, and are left out. */
async function identitiesOf({ stores }: Lrs, tenant: TenantId, ifi: string): Promise<readonly string[]> {
  const known = await stores.identities.byIfi(tenant, ifi)
  const learner = known && (await stores.identities.learner(tenant, known.learner))
  if (!learner) return [ifi]
  const unused = new Set(learner.identities.flatMap((one) => automaticLinks(one.ifi)))
  const others = learner.identities.filter((one) => one.seen || !unused.has(one.ifi)).map((one) => one.ifi)
  return [ifi, ...others.filter((one) => one !== ifi)]
}
