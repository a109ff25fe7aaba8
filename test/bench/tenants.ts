/**
 * Made-up tenants for comparing forecasts (counting §6): heavy-tailed engagement, weekends, holidays, turnover, campaigns. They
 * are our own: they compare methods, and claim nothing about accuracy elsewhere.
 */
import type { Activation, WindowActivations } from '../../src/metering/forecast/history.ts'

const DAY_MS = 86_400_000

export interface TenantShape {
  readonly learners: number
  /** Calendar months from January 2022 on. */
  readonly months: number
  readonly campaigns: boolean
}

export type Random = () => number

/** Mulberry32: small, and the same everywhere. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

interface Person {
  readonly key: string
  readonly joined: number
  readonly left: number
  /** Uses on a usual working day. */
  readonly rate: number
}

/** Each place is filled by one person after the other; 2 % leave a month, and who is new learns more at first. */
function peopleOf({ learners, months }: TenantShape, random: Random): readonly Person[] {
  const days = months * 31
  const people: Person[] = []
  for (let place = 0; place < learners; place += 1) {
    for (let joined = -1_000, number = 0; joined < days; number += 1) {
      const stay = Math.ceil((-Math.log(1 - random()) * 30) / 0.02)
      const left = number === 0 ? Math.floor(stay * random()) : joined + stay
      people.push({ key: `${place}.${number}`, joined, left, rate: Math.exp(-4.2 + 1.3 * gaussian(random)) })
      joined = left
    }
  }
  return people
}

interface Campaign {
  readonly from: number
  readonly due: number
  /** Who is asked, and the share of them that follows. */
  readonly asked: ReadonlySet<string>
  readonly follow: number
}

function campaignsOf(shape: TenantShape, people: readonly Person[], random: Random): readonly Campaign[] {
  const found: Campaign[] = []
  if (!shape.campaigns) return found
  for (
    let from = Math.floor(60 * random());
    from < shape.months * 31;
    from += 50 + Math.floor(140 * random())
  ) {
    const share = 0.15 + 0.35 * random()
    const there = people.filter(({ joined, left }) => joined <= from && left > from)
    const asked = new Set(there.filter(() => random() < share).map(({ key }) => key))
    found.push({ from, due: from + 14 + Math.floor(14 * random()), asked, follow: 0.55 + 0.35 * random() })
  }
  return found
}

function calendarFactor(at: number): number {
  const date = new Date(at)
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()]
  const holidays = (month === 12 && day > 20) || (month === 1 && day < 6) ? 0.3 : month === 8 ? 0.6 : 1
  return (date.getUTCDay() % 6 === 0 ? 0.2 : 1) * holidays
}

/** Counted keys of each month: the first use in it, most stored within the hour, some days later. */
export function tenantOf(shape: TenantShape, seed: number): readonly WindowActivations[] {
  const random = randomOf(seed)
  const people = peopleOf(shape, random)
  const campaigns = campaignsOf(shape, people, random)
  const origin = Date.UTC(2022, 0, 1)
  const windows: WindowActivations[] = []
  for (let month = 0; month < shape.months; month += 1) {
    const [start, end] = [Date.UTC(2022, month, 1), Date.UTC(2022, month + 1, 1)]
    const mood = Math.exp(0.12 * gaussian(random))
    const activations: Activation[] = []
    for (const person of people) {
      const at = firstUse(person, { start, end, origin, mood, campaigns }, random)
      if (at !== null) activations.push({ key: person.key, at, stored: at + delay(random) })
    }
    windows.push({ start, end, activations })
  }
  return windows
}

interface Month {
  readonly start: number
  readonly end: number
  readonly origin: number
  readonly mood: number
  readonly campaigns: readonly Campaign[]
}

function firstUse(
  person: Person,
  { start, end, origin, mood, campaigns }: Month,
  random: Random,
): number | null {
  const asked = campaigns.filter(({ asked: those }) => those.has(person.key))
  for (let at = start; at < end; at += DAY_MS) {
    const day = Math.round((at - origin) / DAY_MS)
    if (day < person.joined || day >= person.left) continue
    const fresh = day - person.joined < 30 && person.joined > 0 ? 0.08 : 0
    const rate = (person.rate + fresh) * mood * calendarFactor(at) + campaignRate(asked, day)
    if (random() < 1 - Math.exp(-rate)) return at + Math.floor(DAY_MS * random())
  }
  return null
}

/** Those who follow come more and more often as the day draws near. */
function campaignRate(asked: readonly Campaign[], day: number): number {
  return asked
    .filter(({ from, due }) => day >= from && day < due)
    .reduce((rate, { due, follow }) => rate - Math.log(1 - follow) / (due - day + 1) / 3, 0)
}

function delay(random: Random): number {
  return random() < 0.03 ? DAY_MS * (1 + 4 * random()) : 3_600_000 * random()
}
