/** The same history by the product itself, on a store: each run is a tenant of its own. */
import { randomUUID } from 'node:crypto'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { openStores } from '../../src/engine.ts'
import { newSigningKey } from '../../src/evidence/seal.ts'
import { drain } from '../../src/jobs/drain.ts'
import type { Caller } from '../../src/lrs/access/access.ts'
import type { Lrs } from '../../src/lrs/context.ts'
import { createCatalogues } from '../../src/lrs/counting/catalogue.ts'
import { addPolicy } from '../../src/lrs/counting/policies.ts'
import { storeStatements } from '../../src/lrs/statements/store-statements.ts'
import type { PolicyInput } from '../../src/metering/policy.ts'
import type { Stores } from '../../src/store/ports.ts'
import type { Statement } from '../../src/xapi/types.ts'
import { newDirectory, removeDirectory, storeOf } from '../harness/mongo.ts'
import { DAY } from './deeds.ts'
import { policiesAt } from './told.ts'

/** One set of stores for all runs of a file. */
export class Installation {
  readonly #directory = newDirectory('histories')
  readonly #store = storeOf(this.#directory)
  readonly clock: MovableClock = systemClock()
  #stores: Stores | null = null
  /** The only tenant whose windows are looked at: the others' runs are over. */
  #tenant = ''
  #lrs: Lrs | null = null

  get tenant(): string {
    return this.#tenant
  }

  get lrs(): Lrs {
    if (this.#lrs === null) throw new Error('nothing has begun')
    return this.#lrs
  }

  async open(): Promise<void> {
    const settings = { ...this.#store.settings, ROLLCALL_DATA: this.#directory, ROLLCALL_READERS: '1' }
    const stores = await openStores(loadConfig(settings), this.clock)
    this.#stores = stores
    const ours = async () => (await stores.tenants.list()).filter(({ id }) => id === this.#tenant)
    this.#lrs = {
      stores: { ...stores, tenants: { ...stores.tenants, list: ours } },
      clock: this.clock,
      catalogueOf: createCatalogues(stores),
      newId: randomUUID,
      keys: { credentials: 'a', sessions: 'b', cursors: 'c', signing: SIGNING },
      home: 'http://localhost',
      wake: () => {
        void this.#work()
      },
    }
  }

  async restart(): Promise<void> {
    await this.#working
    await this.#stores?.close()
    await this.open()
  }

  async close(): Promise<void> {
    await this.#working
    await this.#stores?.close()
    await removeDirectory(this.#directory)
  }

  /** A new tenant with policies, on another day at the same hour. @returns when it begins */
  async begin(policies: (base: number) => readonly PolicyInput[] = policiesAt): Promise<number> {
    const base = (Math.floor(this.clock.now() / DAY) + 1) * DAY + 10 * 3_600_000
    this.clock.moveBy(base - this.clock.now())
    this.#tenant = randomUUID()
    await this.lrs.stores.tenants.create({
      id: this.#tenant,
      slug: this.#tenant,
      name: 'Main',
      created: base,
    })
    for (const policy of policies(base)) await addPolicy(this.lrs, this.admin, policy)
    await this.settled()
    return base
  }

  get admin(): Caller {
    return { kind: 'person', tenant: this.#tenant, id: 'p-1', email: 'a@example.org', roles: ['admin'] }
  }

  /** One batch. */
  async send(statements: readonly Statement[], preview: boolean): Promise<void> {
    const purpose = preview ? ('preview' as const) : ('learner' as const)
    const named = { id: purpose, key: purpose, label: purpose, purpose, scopes: ['all' as const] }
    const caller: Caller = { kind: 'credential', tenant: this.#tenant, ...named }
    const bytes = new TextEncoder().encode(JSON.stringify(statements))
    await storeStatements(this.lrs, caller, { bytes, version: '1.0.3' })
  }

  get lms(): Caller {
    const named = { id: 'lms', key: 'lms', label: 'lms', purpose: 'lms' as const, scopes: ['all' as const] }
    return { kind: 'credential', tenant: this.#tenant, ...named }
  }

  /** Everything is counted, and what is due is closed. */
  async settled(): Promise<void> {
    await this.#work()
    for (;;) {
      const { behind } = await this.lrs.stores.metering.computedThrough(this.#tenant)
      if (behind === null) return
      await this.#work()
    }
  }

  #working: Promise<void> = Promise.resolve()

  #work(): Promise<void> {
    const control = { signal: new AbortController().signal, touch: async () => undefined }
    this.#working = this.#working.then(() => drain(this.lrs, 'one', control))
    return this.#working
  }
}

const SIGNING = newSigningKey()
