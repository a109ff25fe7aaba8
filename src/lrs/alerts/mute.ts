/** No alert while an import runs, and none for what it brought (ruling 37). */
import type { TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'

/** An import that died mutes no longer than this; one that runs says so again in time. */
const MUTE_MS = 300_000

export interface MutedFor {
  /** It still runs. */
  renew(): Promise<void>
  /** It has stored its last statement: muted until that is counted. */
  end(): Promise<void>
}

/** Muted before the first statement is stored. @param name of what is imported */
export async function muteFor(
  { stores: { alerts }, clock }: Pick<Lrs, 'stores' | 'clock'>,
  tenant: TenantId,
  name: string,
): Promise<MutedFor> {
  let until = 0
  const renew = async () => {
    if (until - clock.now() > MUTE_MS / 2) return
    until = clock.now() + MUTE_MS
    await alerts.mute(tenant, { name: `import ${name}`, until })
  }
  await renew()
  return { renew, end: () => alerts.mute(tenant, { name: `import ${name}`, until: clock.now() }) }
}
