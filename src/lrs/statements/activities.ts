/** GET /xapi/activities: an Activity with all that statements said of it. */
import type { Stores, TenantId } from '../../store/ports.ts'
import { activityText, mergedDefinition } from '../../xapi/activity.ts'
import { activitySubject } from '../../xapi/description.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'

/**
 * @returns the Activity as JSON text, with nothing but its id when nobody defined it (XAPI-00254)
 * @throws Refusal `forbidden`
 */
export async function describeActivity({ stores }: Lrs, caller: Caller, id: string): Promise<string> {
  demand(caller, 'look up activities and agents')
  return activityText(id, (await definitionsOf(stores, caller.tenant, [id])).get(id) ?? null)
}

/** The merged definition of each Activity as JSON text; Activities nobody defined are left out. */
export async function definitionsOf(
  { descriptions }: Pick<Stores, 'descriptions'>,
  tenant: TenantId,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await descriptions.definitionsOf(tenant, [...new Set(ids.map(activitySubject))])
  const merged = new Map([...found].map(([subject, texts]) => [subject, mergedDefinition(texts)]))
  return new Map(
    ids.flatMap((id) => {
      const definition = merged.get(activitySubject(id))
      return definition === undefined ? [] : [[id, definition] as const]
    }),
  )
}
