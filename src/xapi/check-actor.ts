/** Agents, Groups and Accounts (1.0.3 Data §2.4.2, 2.0.0 §4.2.2.1). */
import {
  type CrossRule,
  type Json,
  list,
  type Member,
  may,
  must,
  never,
  oneOf,
  problem,
  text,
} from './check.ts'
import { byObjectType, shape } from './check-shape.ts'
import { isIri, isIrl, isMbox, isSha1 } from './formats.ts'

/** The inverse functional identifiers, in the order of the standard. */
export const IDENTIFIERS = ['mbox', 'mbox_sha1sum', 'openid', 'account'] as const

const account = shape('an Account', {
  homePage: must('XAPI-00042', text(isIrl, 'an IRL')),
  name: must('XAPI-00043', text()),
})

const identifiers = {
  mbox: may('XAPI-00038', text(isMbox, 'a mailto: IRI with one address')),
  mbox_sha1sum: may('XAPI-00039', text(isSha1, 'the 40 hex digits of a SHA-1')),
  openid: may('XAPI-00040', text(isIri, 'a URI')),
  account: may('XAPI-00041', account),
} satisfies Record<string, Member>

function identifiersIn(value: Json): number {
  let count = 0
  for (const key of IDENTIFIERS) if (value[key] !== undefined) count += 1
  return count
}

const exactlyOne: CrossRule = (value) => {
  const count = identifiersIn(value)
  if (count === 1) return null
  return problem(
    '',
    `an Agent has exactly one of ${IDENTIFIERS.join(', ')}; this one has ${count}`,
    'XAPI-00034',
  )
}

/** A Group without identifier is anonymous: its members are all there is of it. */
const oneOrMembers: CrossRule = (value) => {
  const count = identifiersIn(value)
  if (count > 1) {
    return problem(
      '',
      `a Group has at most one of ${IDENTIFIERS.join(', ')}; this one has ${count}`,
      'XAPI-00037',
    )
  }
  const named = Array.isArray(value.member) ? value.member.length > 0 : value.member !== undefined
  return count === 1 || named
    ? null
    : problem('.member', 'a Group without identifier needs members', 'XAPI-00037')
}

export const agent = shape(
  'an Agent',
  {
    objectType: may('XAPI-00032', oneOf(['Agent'])),
    name: may('XAPI-00033', text()),
    ...identifiers,
    member: never('XAPI-00035', 'only a Group has members'),
  },
  [exactlyOne],
)

const groupMembers = {
  objectType: must('XAPI-00032', oneOf(['Group'])),
  name: may('XAPI-00033', text()),
  ...identifiers,
  member: may('XAPI-00036', list(agent)),
}

export const group = shape('a Group', groupMembers, [oneOrMembers])

/** An Agent when it does not say. */
export const actor = byObjectType(
  { Agent: agent, Group: group },
  { requirement: 'XAPI-00031', missing: 'Agent' },
)

/** Of a Group only the three-legged OAuth pair: application and user, anonymous (1.0.3 Data §2.4.9). */
const pairOnly: CrossRule = (value) => {
  if (identifiersIn(value) > 0)
    return problem('', 'a Group as authority has no identifier of its own', 'XAPI-00098')
  if (!Array.isArray(value.member) || value.member.length === 2) return null
  return problem('.member', `a Group as authority has two members, not ${value.member.length}`, 'XAPI-00098')
}

export const authority = byObjectType(
  { Agent: agent, Group: shape('a Group', groupMembers, [oneOrMembers, pairOnly]) },
  { requirement: 'XAPI-00024', missing: 'Agent' },
)
