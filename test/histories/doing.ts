/** What the product does of a history: each deed by the operation an administrator calls. */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { adjustWindow, closeWindow } from '../../src/lrs/close/operations.ts'
import { readWindow } from '../../src/lrs/counting/windows.ts'
import { deleteAttempts } from '../../src/lrs/deleting/deletions.ts'
import { addLaunches, putAliases, putElements, removeAlias } from '../../src/lrs/feeds.ts'
import { importLearners } from '../../src/lrs/people/import-learners.ts'
import { actorOf, type Deed, ifiOf, ROLE, TEAM } from './deeds.ts'
import type { Installation } from './tenant.ts'

export type Changes = readonly { readonly window: string; readonly change: number }[]
type Differs = (figure: string) => void

/**
 * @param differs told of what a dry run said of a deletion and the act did not
 * @returns what a dry run said it would do to windows; null for what has none
 */
export async function doOn(on: Installation, deed: Deed, differs: Differs): Promise<Changes | null> {
  const { lrs, admin, lms } = on
  switch (deed.does) {
    case 'send': {
      await on.send([deed.statement], deed.preview)
      return null
    }
    case 'link': {
      const aliases = [{ identities: deed.who.map(actorOf) }]
      const { effect } = await putAliases(lrs, admin, { aliases, dryRun: true })
      await putAliases(lrs, admin, { aliases })
      return [...(effect?.open ?? []), ...(effect?.closed ?? [])]
    }
    case 'unlink':
      return unlink(on, deed.who)
    case 'delete':
      return deleting(on, deed, differs)
    case 'catalogue':
      await putElements(lrs, admin, [deed.entry])
      return null
    case 'profile':
      return profile(on, deed)
    case 'launch': {
      const { at, ...record } = deed.record
      const learner = actorOf(deed.who)
      await addLaunches(lrs, lms, [{ ...record, at: new Date(at).toISOString(), learner }])
      return null
    }
    case 'close':
      await closeWindow(lrs, admin, deed.window.id, { reason: 'invoice is due' })
      return null
    case 'correct':
      return correct(on, deed)
    case 'pass':
      on.clock.moveBy(deed.days * 86_400_000)
      return null
    case 'restart':
      await on.restart()
      return null
    case 'nothing':
      return null
  }
}

/** Nobody owes a negative number: what would make it one is refused. */
async function correct(on: Installation, { window, delta }: Deed & { does: 'correct' }): Promise<null> {
  const { lrs, admin } = on
  const { adjustedCount } = await readWindow(lrs, admin, window)
  const corrected = adjustWindow(lrs, admin, window, { delta, reason: 'agreed' })
  if ((adjustedCount ?? 0) + delta < 0) await expect(corrected).rejects.toMatchObject({ kind: 'malformed' })
  else await corrected
  return null
}

async function unlink(on: Installation, who: readonly [number, number]): Promise<Changes> {
  const { lrs, admin } = on
  const links = await lrs.stores.identities.links(on.tenant, { limit: 1000 })
  const [a, b] = who.map(ifiOf)
  const link = links.items.find((one) => one.a === a && one.b === b)
  const { effect } = await removeAlias(lrs, admin, link?.id ?? '', true)
  await removeAlias(lrs, admin, link?.id ?? '', false)
  return [...effect.open, ...effect.closed]
}

async function profile(
  on: Installation,
  { who, team, role, test }: Deed & { does: 'profile' },
): Promise<Changes> {
  const { lrs, admin } = on
  const line = [`https://lms.example|u-${who}`, team ? TEAM : '', role ? ROLE : '', test ? 'yes' : 'no']
  const given = { text: `identities,teams,roles,test\n${line.join(',')}\n`, confirm: false }
  const { effect } = await importLearners(lrs, admin, { ...given, dryRun: true })
  await importLearners(lrs, admin, { ...given, dryRun: false })
  return [...(effect?.open ?? []), ...(effect?.closed ?? [])]
}

async function deleting(
  on: Installation,
  { mode, filter }: Deed & { does: 'delete' },
  differs: Differs,
): Promise<Changes> {
  const { lrs, admin } = on
  const { who, before, after, ...rest } = filter
  const learner = who === undefined ? null : await lrs.stores.identities.byIfi(on.tenant, ifiOf(who))
  if (who !== undefined && learner === null) return []
  const asked = {
    ...rest,
    ...(before !== undefined && { before: new Date(before).toISOString() }),
    ...(after !== undefined && { after: new Date(after).toISOString() }),
    ...(learner !== null && { learner: learner.learner }),
  }
  const dry = await deleteAttempts(lrs, admin, { filter: asked, mode, dryRun: true })
  const confirm = dry.confirm === undefined ? {} : { confirm: dry.confirm }
  const done = await deleteAttempts(lrs, admin, { filter: asked, mode, ...confirm })
  for (const figure of ['statements', 'attempts', 'learners', 'shared', 'leaving', 'closedWindows'] as const)
    if (!isDeepStrictEqual(dry[figure], done[figure]))
      differs(`${figure}: ${JSON.stringify(dry[figure])}, then ${JSON.stringify(done[figure])}`)
  return [...dry.leaving, ...dry.closedWindows].map(({ window, change }) => ({ window, change: -change }))
}
