/** Who is in the demo: names, identifiers, habits. */
import type { Agent } from '../xapi/types.ts'
import type { Random } from './random.ts'

/**
 * How somebody uses the LMS. `weekly` … `yearly` use tracked content; `former` did before the first window and not since;
 * the others never do: `reader` opens resources and untracked elements only, `previewer` is an administrator who only looks
 * at content from the catalogue, `enrolled` never came.
 */
export type Habit =
  | 'weekly'
  | 'monthly'
  | 'quarterly'
  | 'yearly'
  | 'former'
  | 'reader'
  | 'previewer'
  | 'enrolled'

/** Two LMSs send: one knows its people by accounts, the other by mailboxes. */
export type Home = 'account' | 'mailbox'

export interface Person {
  readonly number: number
  readonly name: string
  readonly habit: Habit
  /** Looks at content from the administrators' catalogue too. */
  readonly administrator: boolean
  /** Where they learn. Two for somebody both LMSs know, whose identifiers are joined by an alias. */
  readonly homes: readonly [Home, ...Home[]]
  readonly agents: Readonly<Record<Home, Agent>>
}

/** Parts of a hundred; the rest is `quarterly`. */
const SHARES: readonly (readonly [Habit, number])[] = [
  ['weekly', 6],
  ['monthly', 26],
  ['yearly', 24],
  ['former', 4],
  ['reader', 4],
  ['enrolled', 5],
  ['previewer', 1],
]

const FIRST =
  'Ana Ben Carla Deniz Elif Femi Greta Hugo Iris Jonas Kofi Lena Milan Nadia Omar Petra Quentin Rosa Sven Tara'
const LAST =
  'Abara Berg Costa Dumont Eriksen Fischer Galli Horvat Ivanov Jansen Kaya Lindqvist Moreau Novak Okafor Pereira Rossi Schmidt Torres Weber'
const firstNames = FIRST.split(' ')
const lastNames = LAST.split(' ')

/** One in three is known by a mailbox. */
const MAILBOX_EVERY = 3
/** One monthly learner in twenty is known to both LMSs. */
const JOINED_EVERY = 20
/** One weekly learner in six is an administrator who learns as well (A7). */
const ADMINISTRATOR_EVERY = 6

const LMS_HOME = 'https://lms.example.org'

/** @param count people in all; every habit has at least one */
export function makePeople(random: Random, count: number): readonly Person[] {
  const seen = new Map<Habit, number>()
  return random.shuffled(habits(count)).map((habit, number) => {
    const rank = seen.get(habit) ?? 0
    seen.set(habit, rank + 1)
    return makePerson(number, habit, rank)
  })
}

function habits(count: number): readonly Habit[] {
  const shared = SHARES.flatMap(([habit, share]) =>
    Array.from({ length: Math.max(1, Math.round((count * share) / 100)) }, () => habit),
  )
  const rest = Array.from({ length: Math.max(0, count - shared.length) }, (): Habit => 'quarterly')
  return [...shared, ...rest].slice(0, count)
}

/** @param rank how many before this one have the same habit */
function makePerson(number: number, habit: Habit, rank: number): Person {
  const name = nameOf(number)
  const administrator = habit === 'previewer' || (habit === 'weekly' && rank % ADMINISTRATOR_EVERY === 0)
  const byMailbox = number % MAILBOX_EVERY === 0 && !administrator
  const own: Home = byMailbox ? 'mailbox' : 'account'
  const joined = habit === 'monthly' && rank % JOINED_EVERY === 0
  return {
    number,
    name,
    habit,
    administrator,
    homes: joined ? [own, byMailbox ? 'account' : 'mailbox'] : [own],
    agents: {
      account: { objectType: 'Agent', name, account: { homePage: LMS_HOME, name: accountName(number) } },
      mailbox: { objectType: 'Agent', name, mbox: `mailto:${addressOf(name)}` },
    },
  }
}

function accountName(number: number): string {
  return `u-${String(number + 1).padStart(4, '0')}`
}

function nameOf(number: number): string {
  const first = firstNames[number % firstNames.length]
  const round = Math.floor(number / firstNames.length)
  // 7 shares no factor with the number of last names: no name twice in the first 400.
  const last = lastNames[(number * 7 + round) % lastNames.length]
  const again = Math.floor(round / lastNames.length)
  return again === 0 ? `${first} ${last}` : `${first} ${last} ${again + 1}`
}

function addressOf(name: string): string {
  return `${name.toLowerCase().replaceAll(' ', '.')}@example.org`
}
