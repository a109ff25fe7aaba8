/** Who did what, when and why: appended, never changed. */
import type { Act, Page, PageRequest } from '../store/ports.ts'
import { type Caller, demand } from './access/access.ts'
import type { Lrs } from './context.ts'

export type ActView = Omit<Act, 'at'> & { readonly at: string }

/** How a caller is named in what they do: the e-mail of a person, the label of a credential. */
export function authorOf(caller: Caller): string {
  return caller.kind === 'person' ? caller.email : `credential ${caller.label}`
}

/** Notes an act of the caller. `id` of the act is new, or that of what it made. */
export async function noteAct(
  { stores, clock }: Pick<Lrs, 'stores' | 'clock'>,
  caller: Caller,
  act: Pick<Act, 'id' | 'act' | 'subject' | 'reason'> & Partial<Pick<Act, 'details'>>,
): Promise<void> {
  await stores.acts.add(caller.tenant, { details: {}, ...act, at: clock.now(), author: authorOf(caller) })
}

export async function listActs(lrs: Lrs, caller: Caller, page: PageRequest): Promise<Page<ActView>> {
  demand(caller, 'read acts')
  const { items, next } = await lrs.stores.acts.list(caller.tenant, page)
  return { items: items.map((act) => ({ ...act, at: new Date(act.at).toISOString() })), next }
}
