/** The promises of AttachmentStore (src/store/ports/attachments.ts), for every adapter. */
import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { StagedAttachment, Stores } from '../../src/store/ports.ts'
import { newTenant, type Open, opened } from './opened.ts'
import { batchOf, statementOf } from './statement-fixtures.ts'

const FUTURE = Number.MAX_SAFE_INTEGER
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function* inChunks(bytes: Uint8Array, size = 7_000): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

export function attachmentStoreContract(open: Open): void {
  describe('AttachmentStore', () => {
    const given = opened(open)
    let stores: Stores
    let tenant: string
    beforeEach(() => {
      stores = given()
      tenant = newTenant()
    })
    const stage = (bytes: Uint8Array, of = tenant) =>
      stores.attachments.stage(of, sha256(bytes), inChunks(bytes))
    const insert = (staged: readonly StagedAttachment[], of = tenant) => {
      const statement = statementOf({ attachments: staged })
      return stores.statements
        .insert(of, batchOf([statement]))
        .then((outcome) => ({ ...outcome, id: statement.id }))
    }
    const read = async (sha2: string, of = tenant) => {
      const found = await stores.attachments.read(of, sha2)
      return found && (await buffer(found))
    }
    const isStaged = async (one: StagedAttachment) =>
      await buffer(await stores.attachments.staged(tenant, one)).then(
        () => true,
        () => false,
      )

    it.each([0, 1, 6_999, 3_000_000])(
      'gives %i bytes back as they came, once a statement has them',
      async (size) => {
        const bytes = randomBytes(size)
        const staged = await stage(bytes)
        expect(staged).toMatchObject({ sha2: sha256(bytes), bytes: size })
        expect(bytes.equals(await buffer(await stores.attachments.staged(tenant, staged)))).toBe(true)
        const { id } = await insert([staged])
        expect(await stores.attachments.of(tenant, [id])).toEqual([{ sha2: sha256(bytes), bytes: size }])
        expect((await read(sha256(bytes)))?.equals(bytes)).toBe(true)
      },
    )

    it('shows nothing of what is only staged, and nothing to another tenant (ruling 24)', async () => {
      const bytes = randomBytes(100)
      const staged = await stage(bytes)
      expect(await read(sha256(bytes))).toBeNull()
      const { id } = await insert([staged])
      expect(await read(sha256(bytes), newTenant())).toBeNull()
      expect(await stores.attachments.of(newTenant(), [id])).toEqual([])
    })

    it('says of each statement what itself has brought, each hash once', async () => {
      const [a, b] = [randomBytes(10), randomBytes(20)]
      const [first, second] = [await stage(a), await stage(b)]
      const { id: both } = await insert([first, second, first])
      const { id: one } = await insert([await stage(a)])
      const { id: none } = await insert([])
      const hashes = async (...ids: string[]) =>
        (await stores.attachments.of(tenant, ids)).map(({ sha2 }) => sha2).sort()
      expect(await hashes(both)).toEqual([sha256(a), sha256(b)].sort())
      expect(await hashes(one)).toEqual([sha256(a)])
      expect(await hashes(none)).toEqual([])
      expect(await hashes(one, both, none)).toEqual([sha256(a), sha256(b)].sort())
    })

    it('keeps the same bytes once: what comes again is deleted with its request', async () => {
      const bytes = randomBytes(1000)
      const first = await stage(bytes)
      await insert([first])
      await stores.attachments.discard(tenant, [first])
      const second = await stage(bytes)
      const { id } = await insert([second])
      await stores.attachments.discard(tenant, [second])
      expect(await isStaged(second)).toBe(false)
      expect(await isStaged(first)).toBe(true)
      expect((await stores.attachments.of(tenant, [id])).map(({ sha2 }) => sha2)).toEqual([sha256(bytes)])
      expect((await read(sha256(bytes)))?.equals(bytes)).toBe(true)
    })

    it('keeps the bytes of each tenant apart, though they are the same', async () => {
      const bytes = randomBytes(1000)
      const other = newTenant()
      await insert([await stage(bytes)])
      await insert([await stage(bytes, other)], other)
      expect((await read(sha256(bytes)))?.equals(bytes)).toBe(true)
      expect((await read(sha256(bytes), other))?.equals(bytes)).toBe(true)
    })

    it('lets many store the same bytes at the same time: each statement has them', async () => {
      const bytes = randomBytes(5000)
      const ids = await Promise.all(
        Array.from({ length: 8 }, async () => {
          const staged = await stage(bytes)
          const { id, outcome } = await insert([staged])
          expect(outcome).toBe('stored')
          await stores.attachments.discard(tenant, [staged])
          return id
        }),
      )
      for (const id of ids) expect(await stores.attachments.of(tenant, [id])).toHaveLength(1)
      expect((await read(sha256(bytes)))?.equals(bytes)).toBe(true)
    })

    it('leaves nothing of a source that breaks off, and passes its error on', async () => {
      await stores.attachments.sweep(FUTURE)
      const broken = async function* () {
        yield randomBytes(10_000)
        await sleep(1)
        throw new RangeError('broke off')
      }
      await expect(stores.attachments.stage(tenant, '0'.repeat(64), broken())).rejects.toThrow(RangeError)
      expect(await stores.attachments.sweep(FUTURE)).toBe(0)
    })

    it('deletes what a refused batch wanted, and keeps what another statement has', async () => {
      const [kept, lost] = [randomBytes(100), randomBytes(100)]
      await insert([await stage(kept)])
      const known = statementOf()
      await stores.statements.insert(tenant, batchOf([known]))
      const staged = [await stage(kept), await stage(lost)]
      const other = statementOf({ id: known.id, raw: known.raw.replace('ana@', 'bob@'), attachments: staged })
      const beside = statementOf({ attachments: staged })
      const outcome = await stores.statements.insert(tenant, batchOf([beside, other]))
      expect(outcome).toMatchObject({ outcome: 'conflict' })
      await stores.attachments.discard(tenant, staged)
      expect(await read(sha256(lost))).toBeNull()
      expect((await read(sha256(kept)))?.equals(kept)).toBe(true)
      for (const one of staged) expect(await isStaged(one)).toBe(false)
    })

    it('adds nothing to a statement that is there already', async () => {
      const known = statementOf()
      await stores.statements.insert(tenant, batchOf([known]))
      const staged = await stage(randomBytes(100))
      const again = await stores.statements.insert(tenant, batchOf([{ ...known, attachments: [staged] }]))
      expect(again).toMatchObject({ outcome: 'stored', existing: [known.id] })
      await stores.attachments.discard(tenant, [staged])
      expect(await stores.attachments.of(tenant, [known.id])).toEqual([])
      expect(await isStaged(staged)).toBe(false)
    })

    it('sweeps what was staged before an instant and never taken; taken bytes stay', async () => {
      await stores.attachments.sweep(FUTURE)
      const [taken, forgotten] = [randomBytes(100), randomBytes(100)]
      const keep = await stage(taken)
      await insert([keep])
      const forget = await stage(forgotten)
      expect(await stores.attachments.sweep(0)).toBe(0)
      expect(await isStaged(forget)).toBe(true)
      expect(await stores.attachments.sweep(FUTURE)).toBe(1)
      expect(await isStaged(forget)).toBe(false)
      expect((await read(sha256(taken)))?.equals(taken)).toBe(true)
      expect(await stores.attachments.sweep(FUTURE)).toBe(0)
    })

    it('refuses a batch whose bytes were swept away meanwhile, and stores nothing of it', async () => {
      const bytes = randomBytes(100)
      const staged = await stage(bytes)
      await stores.attachments.sweep(FUTURE)
      const statement = statementOf({ attachments: [staged] })
      const late = stores.statements.insert(tenant, batchOf([statementOf(), statement]))
      await expect(late).rejects.toMatchObject({ code: 'unavailable' })
      expect(await stores.statements.lastSeq(tenant)).toBe(0)
      const again = await stage(bytes)
      await insert([again])
      expect((await read(sha256(bytes)))?.equals(bytes)).toBe(true)
    })

    it('deletes the bytes of purged statements, but for those that another statement has brought too', async () => {
      const [own, shared] = [randomBytes(100), randomBytes(100)]
      const staged = [await stage(own), await stage(shared)]
      const { id } = await insert(staged)
      await stores.attachments.discard(tenant, staged)
      const { id: other } = await insert([await stage(shared)])
      await stores.attachments.sweep(FUTURE)
      expect(await stores.removals.purge(tenant, [id], [])).toBe(1)
      expect(await stores.attachments.of(tenant, [id])).toEqual([])
      expect(await read(sha256(own))).toBeNull()
      await stores.attachments.sweep(FUTURE)
      expect(await Promise.all(staged.map(isStaged))).toEqual([false, true])
      expect((await read(sha256(shared)))?.equals(shared)).toBe(true)
      const { id: again } = await insert([await stage(own)])
      expect((await read(sha256(own)))?.equals(own)).toBe(true)
      await stores.removals.purge(tenant, [other, again], [])
      await stores.attachments.sweep(FUTURE)
      expect([await read(sha256(own)), await read(sha256(shared))]).toEqual([null, null])
      expect(await stores.attachments.sweep(FUTURE)).toBe(0)
    })

    it('is discarded once or often, taken or not', async () => {
      const staged = await stage(randomBytes(10))
      await insert([staged])
      for (let time = 0; time < 2; time++) await stores.attachments.discard(tenant, [staged])
      expect(await isStaged(staged)).toBe(true)
      expect(await stores.attachments.sweep(FUTURE)).toBe(0)
    })
  })
}
