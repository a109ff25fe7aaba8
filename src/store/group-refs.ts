/** The groups that a profile puts its person into, the same on every engine. */
import type { Profile } from '../attempts/profile.ts'
import type { GroupRef } from './ports.ts'

export function groupRefsOf({ teams, roles, test }: Profile): readonly GroupRef[] {
  return [
    ...teams.map((name) => ({ kind: 'team' as const, name })),
    ...roles.map((name) => ({ kind: 'role' as const, name })),
    ...(test ? [{ kind: 'test' as const, name: '' }] : []),
  ]
}

export function isIn(profile: Profile, groups: readonly GroupRef[]): boolean {
  const own = new Set(groupRefsOf(profile).map(({ kind, name }) => `${kind} ${name}`))
  return groups.every(({ kind, name }) => own.has(`${kind} ${name}`))
}

/** Whether two say the same; who said it and when aside. */
export function saysTheSame(a: Profile | undefined, b: Profile): boolean {
  const said = ({ name, teams, roles, test }: Profile) => JSON.stringify([name, teams, roles, test])
  return a !== undefined && said(a) === said(b)
}
