import { createHash, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { LaunchRecord } from '../../src/attempts/derivation.ts'
import type { StoredDocument } from '../../src/store/ports.ts'
import type { DocumentPlace, DocumentScope } from '../../src/xapi/document.ts'
import { historyOf, NOON, store } from './evidence.ts'
import { newTenant, type Open, opened } from './opened.ts'

const ANA = 'mbox:mailto:ana@example.org'
const COURSE = 'https://example.org/course'

const placeOf = (changes: Partial<DocumentPlace> = {}): DocumentPlace => ({
  resource: 'state',
  activity: COURSE,
  agent: ANA,
  registration: '',
  id: 'bookmark',
  ...changes,
})
const scopeOf = (
  { id: _, ...scope }: DocumentPlace,
  changes: Partial<DocumentScope> = {},
): DocumentScope => ({
  ...scope,
  registration: null,
  ...changes,
})
const documentOf = (text: string, changes: Partial<StoredDocument> = {}): StoredDocument => {
  const body = new TextEncoder().encode(text)
  const etag = createHash('sha1').update(body).digest('hex')
  return { body, contentType: 'text/plain', etag, updated: NOON, revision: randomUUID(), ...changes }
}
const launchOf = (changes: Partial<LaunchRecord> = {}): LaunchRecord => ({
  id: randomUUID(),
  session: 's-1',
  learner: ANA,
  origin: 'unknown',
  mode: 'Browse',
  at: NOON,
  writtenBy: 'lms',
  ...changes,
})

export function documentStoreContract(open: Open): void {
  describe('DocumentStore', () => {
    const stores = opened(open)
    const put = (
      tenant: string,
      place: DocumentPlace,
      document: StoredDocument,
      expected: string | null = null,
    ) => stores().documents.write(tenant, place, document, { expected })
    const read = async (tenant: string, place: DocumentPlace) => {
      const found = await stores().documents.read(tenant, place)
      return found && { ...found, body: Buffer.from(found.body).toString('latin1') }
    }

    it('gives back what was written, to the byte: binary, empty, any type', async () => {
      const tenant = newTenant()
      const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      for (const [id, body] of Object.entries({ binary: every, empty: new Uint8Array() })) {
        const document = documentOf('', { body, contentType: 'image/png; a="b"' })
        expect(await put(tenant, placeOf({ id }), document)).toBe(true)
        expect(await read(tenant, placeOf({ id }))).toEqual({
          ...document,
          body: Buffer.from(body).toString('latin1'),
        })
      }
      expect(await read(tenant, placeOf({ id: 'nothing' }))).toBeNull()
    })

    it('keeps documents apart by resource, activity, agent, registration and id', async () => {
      const tenant = newTenant()
      const places = [
        placeOf(),
        placeOf({ id: 'other\nid' }),
        placeOf({ registration: randomUUID() }),
        placeOf({ activity: `${COURSE}/2` }),
        placeOf({ agent: 'mbox:mailto:eva@example.org' }),
        placeOf({ resource: 'activity-profile', agent: '' }),
        placeOf({ resource: 'agent-profile', activity: '' }),
      ]
      for (const [n, place] of places.entries())
        expect(await put(tenant, place, documentOf(`${n}`))).toBe(true)
      for (const [n, place] of places.entries()) expect((await read(tenant, place))?.body).toBe(`${n}`)
    })

    it('writes only over the revision it expects, and says so', async () => {
      const tenant = newTenant()
      const [first, second] = [documentOf('one'), documentOf('two', { updated: NOON + 1 })]
      expect(await put(tenant, placeOf(), first, 'some revision')).toBe(false)
      expect(await put(tenant, placeOf(), first)).toBe(true)
      expect(await put(tenant, placeOf(), second)).toBe(false)
      expect(await put(tenant, placeOf(), second, second.revision)).toBe(false)
      expect((await read(tenant, placeOf()))?.body).toBe('one')
      expect(await put(tenant, placeOf(), second, first.revision)).toBe(true)
      expect(await read(tenant, placeOf())).toEqual({ ...second, body: 'two' })
    })

    it('lets one of many racers win, whether the document is there or not', async () => {
      const tenant = newTenant()
      let expected: string | null = null
      for (const round of ['nothing there', 'something there']) {
        const racers = Array.from({ length: 12 }, (_, n) => documentOf(`${round} ${n}`))
        const won = await Promise.all(racers.map((racer) => put(tenant, placeOf(), racer, expected)))
        expect(won.filter(Boolean), round).toHaveLength(1)
        const winner = racers[won.indexOf(true)]
        expect((await read(tenant, placeOf()))?.revision, round).toBe(winner?.revision)
        expected = winner?.revision ?? null
      }
    })

    it('removes only the revision it is told, once', async () => {
      const tenant = newTenant()
      const document = documentOf('one')
      await put(tenant, placeOf(), document)
      expect(await stores().documents.remove(tenant, placeOf(), 'another')).toBe(false)
      expect(await read(tenant, placeOf())).not.toBeNull()
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () => stores().documents.remove(tenant, placeOf(), document.revision)),
      )
      expect(outcomes.filter(Boolean)).toHaveLength(1)
      expect(await read(tenant, placeOf())).toBeNull()
    })

    it('lists ids once each and in order, of one registration, of none, or of all', async () => {
      const tenant = newTenant()
      const [one, two] = [randomUUID(), randomUUID()]
      const write = (id: string, registration: string, updated: number) =>
        put(tenant, placeOf({ id, registration }), documentOf(id, { updated }))
      await write('b', '', NOON)
      await write('b', one, NOON + 3)
      await write('a', one, NOON + 1)
      await write('c', two, NOON + 2)
      const list = (registration: string | null, since?: number) =>
        stores().documents.list(tenant, scopeOf(placeOf(), { registration }), since)
      expect(await list(null)).toEqual({ ids: ['a', 'b', 'c'], updated: NOON + 3 })
      expect(await list('')).toEqual({ ids: ['b'], updated: NOON })
      expect(await list(one)).toEqual({ ids: ['a', 'b'], updated: NOON + 3 })
      expect(await list(randomUUID())).toEqual({ ids: [], updated: null })
    })

    it('acceptance 21: `since` is exclusive and really filters', async () => {
      const tenant = newTenant()
      for (const [n, id] of ['a', 'b', 'c'].entries())
        await put(tenant, placeOf({ id }), documentOf(id, { updated: NOON + n }))
      const since = (ms: number) => stores().documents.list(tenant, scopeOf(placeOf()), ms)
      expect(await since(NOON - 1)).toEqual({ ids: ['a', 'b', 'c'], updated: NOON + 2 })
      expect(await since(NOON)).toEqual({ ids: ['b', 'c'], updated: NOON + 2 })
      expect(await since(NOON + 2)).toEqual({ ids: [], updated: null })
    })

    it('removes all of a scope and nothing beside it', async () => {
      const tenant = newTenant()
      const registration = randomUUID()
      const inside = [
        placeOf(),
        placeOf({ id: 'b', registration }),
        placeOf({ id: 'c', registration: randomUUID() }),
      ]
      const beside = placeOf({ agent: 'mbox:mailto:eva@example.org' })
      for (const place of [...inside, beside]) await put(tenant, place, documentOf('x'))
      await stores().documents.removeAll(tenant, scopeOf(placeOf(), { registration }))
      expect((await stores().documents.list(tenant, scopeOf(placeOf()))).ids).toEqual(['bookmark', 'c'])
      await stores().documents.removeAll(tenant, scopeOf(placeOf()))
      for (const place of inside) expect(await read(tenant, place)).toBeNull()
      expect(await read(tenant, beside)).not.toBeNull()
    })

    it('puts the launch a document tells of into the learner’s history and marks the learner, and keeps it when the document goes', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const before = await historyOf(stores(), tenant, ANA)
      const [document, launch] = [documentOf('{}'), launchOf()]
      await stores().documents.write(tenant, placeOf(), document, { expected: null, launch })
      const after = await historyOf(stores(), tenant, ANA)
      expect(after.launches).toEqual([launch])
      expect(after.marks[0]?.generation).toBeGreaterThan(before.marks[0]?.generation ?? Number.NaN)
      const next = documentOf('{"next":1}')
      expect(await put(tenant, placeOf(), next, document.revision)).toBe(true)
      expect(await stores().documents.remove(tenant, placeOf(), next.revision)).toBe(true)
      expect((await historyOf(stores(), tenant, ANA)).launches).toEqual([launch])
    })

    it('keeps no launch of a document that was not written, and the same launch once', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const launch = launchOf()
      const tell = (document: StoredDocument, expected: string | null, told = launch) =>
        stores().documents.write(tenant, placeOf(), document, { expected, launch: told })
      expect(await tell(documentOf('lost'), 'no such revision')).toBe(false)
      expect((await historyOf(stores(), tenant, ANA)).launches).toEqual([])
      const first = documentOf('one')
      await tell(first, null)
      const marked = await historyOf(stores(), tenant, ANA)
      await tell(documentOf('two'), first.revision)
      expect(await historyOf(stores(), tenant, ANA)).toEqual(marked)
      expect(marked.launches).toEqual([launch])
    })

    it('ruling 24: another tenant sees, lists and removes none of it', async () => {
      const [first, second] = [newTenant(), newTenant()]
      const document = documentOf('theirs')
      await put(first, placeOf(), document)
      expect(await read(second, placeOf())).toBeNull()
      expect((await stores().documents.list(second, scopeOf(placeOf()))).ids).toEqual([])
      expect(await stores().documents.remove(second, placeOf(), document.revision)).toBe(false)
      await stores().documents.removeAll(second, scopeOf(placeOf()))
      expect(await put(second, placeOf(), documentOf('mine'))).toBe(true)
      expect((await read(first, placeOf()))?.body).toBe('theirs')
    })
  })
}
