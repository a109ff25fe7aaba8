/** A tenant on paper: every act by the pure rules alone, everything worked out anew each time. What a store must come to. */
import type { CatalogueEntry, Derivation, LaunchRecord } from '../../src/attempts/derivation.ts'
import { derive } from '../../src/attempts/derive.ts'
import type { StoredFact } from '../../src/attempts/fact.ts'
import { factsOf } from '../../src/attempts/facts.ts'
import { hitsOf } from '../../src/attempts/hit.ts'
import { components } from '../../src/attempts/identity.ts'
import { type GivenProfile, groupsOf, profileOf } from '../../src/attempts/profile.ts'
import type { ClosedWindow } from '../../src/metering/closing.ts'
import type { LearnerCount } from '../../src/metering/count.ts'
import { qualify } from '../../src/metering/qualify.ts'
import { type Circumstances, recount } from '../../src/metering/recount.ts'
import { type Tombstone, tombstonesFor } from '../../src/metering/tombstone.ts'
import type { PolicyVersion } from '../../src/metering/windows.ts'
import type { Statement } from '../../src/xapi/types.ts'
import { voidedId } from '../../src/xapi/voiding.ts'
import { DEFAULTS } from '../attempts/scenario.ts'
import { type Filter, ifiOf, ROLE, TEAM } from './deeds.ts'

/** Identifiers that are one person, sorted, with what counting makes of them. */
export interface Person {
  readonly ifis: readonly string[]
  readonly derivation: Derivation
  readonly circumstances: Circumstances
  readonly counts: readonly LearnerCount[]
}

export class Paper {
  readonly #policies: readonly PolicyVersion[]
  now: number
  readonly #facts: StoredFact[] = []
  readonly #sent = new Set<string>()
  readonly #voided = new Set<string>()
  readonly #met = new Set<string>()
  readonly links: (readonly [number, number])[] = []
  readonly #profiles = new Map<string, GivenProfile>()
  readonly #catalogue = new Map<string, CatalogueEntry[]>()
  readonly #launches: LaunchRecord[] = []
  readonly #tombstones: Tombstone[] = []

  readonly #closed: () => readonly ClosedWindow[]

  /**
   * @param policies one version of each
   * @param closed what has been closed so far
   */
  constructor(policies: readonly PolicyVersion[], now: number, closed: () => readonly ClosedWindow[]) {
    this.#policies = policies
    this.now = now
    this.#closed = closed
  }

  /** Number of the last statement. */
  get last(): number {
    return this.#sent.size
  }

  /** The same statement again is no statement, also when it was purged. */
  send(statement: Statement, preview: boolean): void {
    const statementId = statement.id ?? ''
    if (this.#sent.has(statementId)) return
    this.#sent.add(statementId)
    const target = voidedId(statement)
    if (target !== null) this.#voided.add(target)
    const purpose = preview ? 'preview' : 'learner'
    const facts = factsOf(statement, { statementId, idGiven: true, credential: purpose, purpose })
    const seq = this.#sent.size
    this.#facts.push(...facts.map((fact) => ({ ...fact, seq, stored: this.now, voided: false })))
    for (const { learner } of facts) this.#met.add(learner)
  }

  link(who: readonly [number, number]): void {
    this.links.push(who)
    for (const one of who) this.#met.add(ifiOf(one))
  }

  unlink(who: readonly [number, number]): void {
    this.links.splice(this.links.indexOf(who), 1)
  }

  profile(who: number, { team, role, test }: { team: boolean; role: boolean; test: boolean }): void {
    const profile = { name: null, teams: team ? [TEAM] : [], roles: role ? [ROLE] : [], test }
    this.#profiles.set(ifiOf(who), { ...profile, author: 'administrator', at: this.now })
    this.#met.add(ifiOf(who))
  }

  element(entry: Omit<CatalogueEntry, 'validFrom'>): void {
    const known = this.#catalogue.get(entry.id) ?? []
    this.#catalogue.set(entry.id, [...known, { ...entry, validFrom: this.now }])
  }

  launch(record: LaunchRecord): void {
    this.#launches.push(record)
  }

  delete(mode: 'logical' | 'physical', filter: Filter): void {
    const people = this.people()
    const hits = new Map(
      people.map((person) => [
        person,
        this.#isMeant(person, filter) ? hitsIn(person, filter, this.#policies) : [],
      ]),
    )
    /** Whoever keeps a statement keeps it for all it is about. */
    const kept = people.flatMap((person) => {
      const mine = new Set(hits.get(person)?.map(({ fact }) => fact.statementId))
      return person.derivation.classified.map(({ fact }) => fact.statementId).filter((id) => !mine.has(id))
    })
    for (const [{ circumstances }, found] of hits) {
      for (const one of found) {
        const { statementId } = one.fact
        if (kept.includes(statementId)) continue
        if (mode === 'logical') this.#voided.add(statementId)
        else this.#bury(one, circumstances.groups ?? new Set())
      }
    }
  }

  #bury(one: Derivation['classified'][number], groups: ReadonlySet<string>): void {
    for (const version of this.#policies)
      this.#tombstones.push(...tombstonesFor(one, [version], groups, (name) => `${name}|${this.#sent.size}`))
    const left = this.#facts.filter(({ statementId }) => statementId !== one.fact.statementId)
    this.#facts.splice(0, this.#facts.length, ...left)
  }

  #isMeant({ ifis }: Person, { who, team, role }: Filter): boolean {
    const { teams, roles } = profileOf(this.#identities(ifis))
    return (
      (who === undefined || ifis.includes(ifiOf(who))) &&
      (team === undefined || teams.includes(team)) &&
      (role === undefined || roles.includes(role))
    )
  }

  #identities(ifis: readonly string[]) {
    return ifis.map((ifi) => {
      const profile = this.#profiles.get(ifi)
      return { ifi, ...(profile && { profile }) }
    })
  }

  /** Who was met first stands for all of a person. */
  elderOf(ifis: readonly string[]): string {
    return [...this.#met].find((ifi) => ifis.includes(ifi)) ?? ''
  }

  get facts(): readonly StoredFact[] {
    return this.#facts
  }

  /** @param facts in another order, or more often */
  people(facts: readonly StoredFact[] = this.#facts): readonly Person[] {
    const links = this.links.map(([a, b]) => [ifiOf(a), ifiOf(b)] as const)
    return components([...this.#met], links).map((ifis) => this.#person(ifis, facts))
  }

  #person(ifis: readonly string[], all: readonly StoredFact[]): Person {
    const facts = all
      .filter(({ learner }) => ifis.includes(learner))
      .map((fact) => ({ ...fact, voided: this.#voided.has(fact.statementId) }))
    const derivation = derive(facts, {
      tenant: 'paper',
      catalogue: this.#catalogue,
      launches: this.#launches.filter(({ learner }) => ifis.includes(learner)),
      settings: DEFAULTS,
    })
    const groups = new Set(groupsOf(this.#identities(ifis)))
    const tombstones = this.#tombstones.filter(({ learner }) => ifis.includes(learner))
    const circumstances = { now: this.now, groups, tombstones, closed: this.#closed() }
    const { classified } = derivation
    const counts = this.#policies.flatMap((version) => recount(classified, [version], circumstances))
    return { ifis, derivation, circumstances, counts }
  }
}

function hitsIn({ derivation, circumstances }: Person, filter: Filter, policies: readonly PolicyVersion[]) {
  const { element, before, after } = filter
  const reach = {
    upTo: Number.POSITIVE_INFINITY,
    ...(element !== undefined && { element }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  }
  return hitsOf(derivation, reach, (one) =>
    policies.some(({ policy }) => qualify(one, policy, circumstances.groups ?? new Set()).qualifies),
  )
}
