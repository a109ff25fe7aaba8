/** The promises of ImportStore, Upkeep and provenance (src/store/ports.ts), for every adapter. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ImportRecord, Stores } from '../../src/store/ports.ts'
import { newTenant, type Open, opened } from './opened.ts'
import { batchOf, NOON, statementAbout, statementOf, voidingOf } from './statement-fixtures.ts'

const ANA = 'account:https://lms.example.org|ana'

const RECORD: ImportRecord = {
  name: 'old LRS',
  hash: 'ab'.repeat(32),
  purpose: 'learner',
  started: NOON,
  finished: null,
  lines: 10,
  stored: 8,
  existing: 1,
  refused: 1,
}

export function operationsContract(open: Open): void {
  describe('ImportStore', () => {
    const stores = opened(open)

    it('keeps one record for each name, the newest, for its tenant alone', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      const { imports } = stores()
      expect(await imports.byName(tenant, RECORD.name)).toBeNull()
      await imports.put(tenant, RECORD)
      const done = { ...RECORD, lines: 20, finished: NOON + 1 }
      await imports.put(tenant, done)
      expect(await imports.byName(tenant, RECORD.name)).toEqual(done)
      expect(await imports.byName(other, RECORD.name)).toBeNull()
      expect(await imports.byName(tenant, 'another')).toBeNull()
    })
  })

  describe('provenance (ruling 37)', () => {
    const given = opened(open)
    let tenant: string
    let stores: Stores
    beforeEach(() => {
      tenant = newTenant()
      stores = given()
    })
    const received = NOON - 86_400_000
    const imported = { received, authority: '{"name":"old",  "mbox":"mailto:o@example.org"}' }
    const insert = (...statements: Parameters<typeof batchOf>[0]) =>
      stores.statements.insert(tenant, batchOf(statements))

    it('comes back from scan, of imported statements only, and changes nothing else of them', async () => {
      const [old, own] = [{ ...statementOf(), provenance: imported }, statementOf()]
      const outcome = await insert(old, own)
      const [first, second] = await stores.statements.scan(tenant, 0, 10)
      expect([first?.provenance, second?.provenance]).toEqual([imported, undefined])
      expect(first).toMatchObject({
        authority: '{"name":"content"}',
        stored: (outcome as { stored: number }).stored,
      })
      expect(await stores.statements.find(tenant, old.id)).not.toHaveProperty('provenance')
    })

    it('keeps an authority byte for byte, and either half alone', async () => {
      const halves = [
        { received, authority: null },
        { received: null, authority: imported.authority },
      ]
      for (const provenance of halves) await insert({ ...statementOf(), provenance })
      const all = await stores.statements.scan(tenant, 0, 10)
      expect(all.map(({ provenance }) => provenance)).toEqual(halves)
    })

    it('decides the received time of facts, for the statement and for its learner', async () => {
      const old = { ...statementAbout(ANA), provenance: imported }
      const unsaid = { ...statementAbout(ANA), provenance: { received: null, authority: null } }
      const outcome = (await insert(old, unsaid)) as { stored: number }
      expect((await stores.metering.factsOf(tenant, old.id)).map(({ stored }) => stored)).toEqual([received])
      const learner = (await stores.identities.byIfi(tenant, ANA))?.learner as string
      const history = await stores.metering.history(tenant, learner)
      expect(history?.facts.map(({ stored }) => stored)).toEqual([received, outcome.stored])
    })

    it('changes nothing of order, freshness and voiding', async () => {
      const old = { ...statementAbout(ANA), provenance: imported }
      const outcome = (await insert(old)) as { stored: number }
      const { at, behind } = await stores.metering.computedThrough(tenant)
      expect(behind).not.toBeNull()
      expect(at).toBe(outcome.stored - 1)
      await insert(voidingOf(old.id))
      expect(await stores.statements.find(tenant, old.id)).toMatchObject({ voided: true })
      const voided = await stores.metering.factsOf(tenant, old.id)
      expect(voided).toMatchObject([{ voided: true, stored: received }])
    })
  })

  describe('Upkeep', () => {
    const stores = opened(open)
    let directory: string
    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'rollcall-backup-'))
    })
    afterEach(() => rmSync(directory, { recursive: true }))

    it('proves that it can write, again and again, and leaves nothing of the proof behind', async () => {
      const { upkeep, statements } = stores()
      const tenant = newTenant()
      for (let time = 0; time < 3; time++) await upkeep.probe()
      expect(await statements.lastSeq(tenant)).toBe(0)
    })

    it('says what it takes and what is left, or that it does not know', async () => {
      const { bytes, freeBytes } = await stores().upkeep.size()
      for (const size of [bytes, freeBytes]) expect(size === null || size > 0).toBe(true)
    })

    it('backs up into an empty directory, while others write, if it backs up at all', async () => {
      const { upkeep, statements } = stores()
      if (!upkeep.backup) return
      const tenant = newTenant()
      let going = true
      const writing = (async () => {
        while (going) await statements.insert(tenant, batchOf([statementOf()]))
      })()
      const { files } = await upkeep.backup(directory)
      going = false
      await writing
      expect(readdirSync(directory)).toEqual(files.map(({ name }) => name))
      for (const { name, bytes, sha256 } of files) {
        expect(existsSync(join(directory, name))).toBe(true)
        expect(bytes).toBeGreaterThan(0)
        expect(sha256).toMatch(/^[0-9a-f]{64}$/)
      }
    })
  })
}
