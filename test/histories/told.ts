/** A history as it is told on paper, act by act: what each act comes to, and what counts after it. */
import { dueAt } from '../../src/metering/closing.ts'
import type { CountedKey, Window } from '../../src/metering/count.ts'
import { type Policy, type PolicyInput, policySchema } from '../../src/metering/policy.ts'
import type { PolicyVersion } from '../../src/metering/windows.ts'
import { windowsBetween } from '../../src/metering/windows.ts'
import type { Statement } from '../../src/xapi/types.ts'
import { type Act, ELEMENTS, PEOPLE } from './acts.ts'
import { Books, type Counted, rowsIn } from './books.ts'
import {
  ago,
  DAY,
  type Deed,
  elementOf,
  type Filter,
  ifiOf,
  ROLE,
  sessionOf,
  TEAM,
  useOf,
  voidingOf,
} from './deeds.ts'
import { Paper } from './paper.ts'

/** Nothing is older. */
const REACH = 500 * DAY
const HALF_HOUR = DAY / 48

/**
 * Each counts another way, and has its own way with late facts: the usual one; by element, without voided ones and tests; and one
 * that keeps what is purged.
 */
export function policiesAt(base: number): readonly PolicyInput[] {
  const anchor = new Date(base - 24 * DAY).toISOString().slice(0, 10)
  const all = { schema: 1 as const, unique: { by: ['learner' as const] } }
  return [
    {
      ...all,
      id: 'plain',
      count: { any: [{ evidence: true }] },
      window: { kind: 'anchored', length: { days: 6 }, anchor },
      close: { graceHours: 24 },
    },
    {
      ...all,
      id: 'strict',
      count: { any: [{ evidence: true }], none: [{ learnerIn: ['test-accounts'] }] },
      unique: { by: ['learner', 'activity'] },
      window: { kind: 'anchored', length: { days: 10 }, anchor },
      removal: { voided: 'drops' },
      close: { late: 'ignore' },
    },
    {
      ...all,
      id: 'kept',
      count: {
        any: [{ verb: ['http://adlnet.gov/expapi/verbs/registered'] }, { evidence: true, learnerIn: [TEAM] }],
      },
      window: { kind: 'anchored', length: { days: 8 }, anchor },
      close: { graceHours: 0, late: 'next-window' },
      removal: { purged: 'counts' },
    },
  ]
}

/** By window id; windows in which nobody counts are left out. */
type Rows = Readonly<Record<string, readonly string[]>>

export function explainedKey({ key, evidence }: Pick<CountedKey, 'key' | 'evidence'>): string {
  return `${key} ${Math.floor(evidence.at / HALF_HOUR)}`
}

export class Told {
  readonly #base: number
  readonly paper: Paper
  readonly books = new Books()
  readonly policies: readonly PolicyVersion[]
  readonly #statements: { readonly statement: Statement; readonly preview: boolean }[] = []

  /** @param inputs each the first version of a policy made at `base` */
  constructor(base: number, inputs: readonly PolicyInput[] = policiesAt(base)) {
    this.#base = base
    this.policies = inputs.map((input) => ({
      policy: policySchema.parse(input),
      version: 1,
      effectiveFrom: null,
    }))
    this.paper = new Paper(this.policies, base, () => this.books.windows)
  }

  perform(act: Act): Deed {
    this.paper.now += 1000
    const deed = this.#deedOf(act)
    this.#do(deed)
    if (this.books.closed.length > 0) this.books.settle(this.people())
    return deed
  }

  people(facts = this.paper.facts): readonly Counted[] {
    return this.paper
      .people(facts)
      .map(({ ifis, counts }) => ({ elder: this.paper.elderOf(ifis), ifis, counts }))
  }

  /** Every window that may count anybody. */
  windows(): readonly Window[] {
    return this.policies.flatMap((version) => windowsBetween([version], this.#base - REACH, this.paper.now))
  }

  /** Who counts in each window: `<smallest identifier> <key>`, sorted. Of tombstones and statements alike. */
  counted(people = this.people()): Rows {
    return this.#rows(people, ({ key }) => key)
  }

  /** The same with the time of the evidence, to the half hour: what was received at one time on paper and in a store is. */
  explained(people = this.people()): Rows {
    return this.#rows(people, explainedKey)
  }

  #rows(people: readonly Counted[], tell: (row: CountedKey) => string): Rows {
    const rows = this.windows().map((window) => {
      const told = people.flatMap(({ ifis, counts }) =>
        rowsIn(window, counts).map((row) => `${ifis[0]} ${tell(row)}`),
      )
      return [window.id, told.sort()] as const
    })
    return Object.fromEntries(rows.filter(([, told]) => told.length > 0))
  }

  #do(deed: Deed): void {
    const { paper } = this
    if (deed.does === 'send') paper.send(deed.statement, deed.preview)
    else if (deed.does === 'link') paper.link(deed.who)
    else if (deed.does === 'unlink') paper.unlink(deed.who)
    else if (deed.does === 'delete') paper.delete(deed.mode, deed.filter)
    else if (deed.does === 'catalogue') paper.element(deed.entry)
    else if (deed.does === 'profile') paper.profile(deed.who, deed)
    else if (deed.does === 'launch')
      paper.launch({ ...deed.record, id: String(paper.now), learner: ifiOf(deed.who) })
    else if (deed.does === 'close') this.books.seal(deed.window, this.people(), this.paper.last)
    else if (deed.does === 'pass') this.#pass(deed.days)
  }

  #pass(days: number): void {
    this.paper.now += days * DAY
    for (const window of this.#closable())
      if (dueAt(window, this.#policyOf(window)) <= this.paper.now)
        this.books.seal(window, this.people(), this.paper.last)
  }

  /** Windows that have ended since the policies were made, and are not closed; the oldest first. */
  #closable(): readonly Window[] {
    return this.windows()
      .filter((one) => one.end > this.#base && one.end <= this.paper.now && !this.books.isClosed(one))
      .sort((a, b) => a.end - b.end)
  }

  #policyOf(window: Window): Policy {
    return this.policies.find(({ policy }) => policy.id === window.policy)?.policy as Policy
  }

  #deedOf(act: Act): Deed {
    const n = this.#statements.length
    const { now, links } = this.paper
    switch (act.act) {
      case 'use':
        return this.#send(useOf(act, n, ago(now, act.hoursAgo)), act.preview)
      case 'resend':
        return { does: 'send', ...nthOf(this.#statements, act.nth) }
      case 'void': {
        const uses = this.#statements.filter(({ statement }) => !statement.verb.id.endsWith('/voided'))
        return this.#send(voidingOf(nthOf(uses, act.nth).statement.id ?? '', n, now), false)
      }
      case 'merge':
        return links.some((link) => act.who.every((one) => link.includes(one)))
          ? { does: 'nothing' }
          : { does: 'link', who: [act.who[0] ?? 0, act.who[1] ?? 0] }
      case 'split':
        return links.length === 0 ? { does: 'nothing' } : { does: 'unlink', who: nthOf(links, act.nth) }
      case 'delete':
        return { does: 'delete', mode: act.mode, filter: filterOf(act, now) }
      case 'catalogue': {
        const id = elementOf(act.element)
        return {
          does: 'catalogue',
          entry: { id, name: id, kind: 'other', utilizationTracking: act.tracking },
        }
      }
      case 'profile': {
        const { act: _, ...given } = act
        return { does: 'profile', ...given }
      }
      case 'launch': {
        const session = sessionOf(act.element, act.session)
        return { does: 'launch', who: act.who, record: { session, origin: 'admin-catalog', at: now } }
      }
      case 'correct': {
        const window = this.books.closed.at(-1)
        return window === undefined ? { does: 'nothing' } : { does: 'correct', window, delta: act.delta }
      }
      case 'close': {
        const [window] = this.#closable()
        return window ? { does: 'close', window } : { does: 'nothing' }
      }
      case 'pass':
        return { does: 'pass', days: act.days }
      case 'restart':
        return { does: 'restart' }
    }
  }

  #send(statement: Statement, preview: boolean): Deed {
    this.#statements.push({ statement, preview })
    return { does: 'send', statement, preview }
  }
}

function nthOf<T>(list: readonly T[], nth: number): T {
  return list[nth % list.length] as T
}

function filterOf({ by, nth }: Act & { act: 'delete' }, now: number): Filter {
  if (by === 'learner') return { who: nth % PEOPLE }
  if (by === 'team') return { team: TEAM }
  if (by === 'role') return { role: ROLE }
  if (by === 'element') return { element: elementOf(nth % ELEMENTS) }
  return { [by]: ago(now, nth * 24) }
}
