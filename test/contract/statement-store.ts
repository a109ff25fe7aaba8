/** The promise of StatementStore (src/store/ports.ts), for every adapter. */
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type {
  BatchOutcome,
  IncomingStatement,
  StatementSelection,
  StatementStore,
  Stores,
  TimePosition,
  TimeSelection,
} from '../../src/store/ports.ts'
import { newTenant, type Open, opened } from './opened.ts'
import {
  batchOf,
  factOf,
  NOON,
  selectionOf,
  statementAbout,
  statementOf,
  voidingOf,
} from './statement-fixtures.ts'

export function statementStoreContract(open: Open): void {
  describe('StatementStore', () => {
    const given = opened(open)
    let stores: Stores
    let store: StatementStore
    let T: string
    let OTHER: string
    beforeEach(() => {
      stores = given()
      store = stores.statements
      T = newTenant()
      OTHER = newTenant()
    })

    const insert = (...statements: IncomingStatement[]) => store.insert(T, batchOf(statements))
    const storedOf = (outcome: BatchOutcome): number => {
      if (outcome.outcome !== 'stored') throw new Error(`expected stored, got ${outcome.outcome}`)
      return outcome.stored
    }
    const idsOf = async (changes: Partial<StatementSelection> = {}, tenant: string = T) =>
      (await store.select(tenant, selectionOf(changes))).items.map(({ id }) => id)
    const isVoided = async (id: string) => (await store.find(T, id))?.voided

    describe('storing', () => {
      it('gives the raw text back byte for byte, with everything stored beside it (ruling 26)', async () => {
        const id = randomUUID()
        const raw = `{ "id":"${id}",\t"result":{"score":{"raw":1.10000000000000000000001}},"é🎓\\u0000":9007199254740993 }`
        const outcome = await insert(statementOf({ id, raw, timestamp: null, version: '1.0.0' }))
        expect(await store.find(T, id)).toEqual({
          seq: expect.any(Number),
          id,
          raw,
          stored: storedOf(outcome),
          authority: '{"name":"content"}',
          version: '1.0.0',
          credential: 'content',
          voided: false,
        })
      })

      it('stores a batch under one instant, and every batch under a later one than the one before', async () => {
        const [a, b, c] = [statementOf(), statementOf(), statementOf()]
        const first = storedOf(await insert(a, b))
        const second = storedOf(await insert(c))
        expect(second).toBeGreaterThan(first)
        expect((await store.scan(T, 0, 10)).map(({ stored }) => stored)).toEqual([first, first, second])
      })

      it('gives simultaneous batches instants in the order of their seqs', async () => {
        await Promise.all(Array.from({ length: 50 }, () => insert(statementOf(), statementOf())))
        const all = await store.scan(T, 0, 1000)
        expect(all).toHaveLength(100)
        const inOrder = all.toSorted((a, b) => a.stored - b.stored || a.seq - b.seq)
        expect(all).toEqual(inOrder)
      })

      it('stores nothing of a batch when one id in the middle is taken by other content', async () => {
        const taken = statementOf()
        await insert(taken)
        const other = statementOf({ id: taken.id, verb: 'http://example.org/verbs/other' })
        const fresh = [
          statementAbout('mbox:mailto:a@example.org'),
          statementAbout('mbox:mailto:b@example.org'),
        ] as const
        expect(await insert(fresh[0], other, fresh[1])).toEqual({ outcome: 'conflict', ids: [taken.id] })
        expect(await idsOf()).toEqual([taken.id])
        expect((await store.find(T, taken.id))?.raw).toBe(taken.raw)
        expect(await stores.identities.byIfi(T, 'mbox:mailto:a@example.org')).toBeNull()
      })

      it('answers an identical resend as stored, names what was there, and changes nothing', async () => {
        const [a, b] = [statementOf(), statementOf()]
        const first = storedOf(await insert(a))
        expect(await insert(a)).toEqual({ outcome: 'stored', stored: first, existing: [a.id] })
        const outcome = await insert(a, b)
        expect(outcome).toMatchObject({ outcome: 'stored', existing: [a.id] })
        expect((await store.find(T, a.id))?.stored).toBe(first)
        expect((await store.find(T, b.id))?.stored).toBe(storedOf(outcome))
        expect(await idsOf()).toEqual([a.id, b.id])
      })

      it('takes a resend that differs only in what may differ for the same statement (xapi.md §6.3, 1)', async () => {
        const a = statementOf()
        await insert(a)
        const resent = { ...(JSON.parse(a.raw) as object), stored: '2020-01-01T00:00:00Z', version: '1.0.0' }
        expect(await insert({ ...a, raw: JSON.stringify(resent) })).toMatchObject({
          outcome: 'stored',
          existing: [a.id],
        })
        expect((await store.find(T, a.id))?.raw).toBe(a.raw)
      })

      it('lets exactly one of simultaneous inserts of one id win, the others conflict', async () => {
        const id = randomUUID()
        const rivals = Array.from({ length: 20 }, (_, n) =>
          statementOf({ id, verb: `http://example.org/verbs/${n}` }),
        )
        const outcomes = await Promise.all(rivals.map((rival) => insert(statementOf(), rival)))
        const won = outcomes.flatMap(({ outcome }, n) => (outcome === 'stored' ? [n] : []))
        expect(won).toHaveLength(1)
        expect(outcomes.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(19)
        expect((await store.find(T, id))?.raw).toBe(rivals[won[0] ?? -1]?.raw)
        expect(await idsOf()).toHaveLength(2)
      })

      it('answers simultaneous identical inserts as stored, and keeps one', async () => {
        const a = statementOf()
        const outcomes = await Promise.all(Array.from({ length: 10 }, () => insert(a)))
        expect(new Set(outcomes.map(storedOf)).size).toBe(1)
        expect(await idsOf()).toEqual([a.id])
      })

      it('takes a batch of 5,000 statements whole', async () => {
        const many = Array.from({ length: 5000 }, () => statementOf())
        storedOf(await insert(...many))
        expect((await store.scan(T, 0, 6000)).map(({ id }) => id)).toEqual(many.map(({ id }) => id))
      })
    })

    describe('selecting', () => {
      it('orders by stored then seq, both ways, and says whether there is more', async () => {
        const statements = [statementOf(), statementOf(), statementOf()]
        await insert(...statements.slice(0, 2))
        await insert(...statements.slice(2))
        const ids = statements.map(({ id }) => id)
        expect(await idsOf()).toEqual(ids)
        expect(await idsOf({ ascending: false })).toEqual(ids.toReversed())
        expect((await store.select(T, selectionOf({ limit: 2 }))).more).toBe(true)
        expect((await store.select(T, selectionOf({ limit: 3 }))).more).toBe(false)
      })

      it('finds only statements that have all terms', async () => {
        const [ab, a, b] = [
          statementOf({ terms: ['a', 'b'] }),
          statementOf({ terms: ['a', 'c'] }),
          statementOf({ terms: ['b'] }),
        ]
        await insert(ab, a, b)
        expect(await idsOf({ terms: ['a'] })).toEqual([ab.id, a.id])
        expect(await idsOf({ terms: ['a'], ascending: false })).toEqual([a.id, ab.id])
        expect(await idsOf({ terms: ['b', 'a'] })).toEqual([ab.id])
        expect(await idsOf({ terms: ['a', 'never used'] })).toEqual([])
      })

      it('takes any text as a term: spaces, quotes, other scripts, thousands of characters', async () => {
        const odd = [
          'a b',
          '"',
          "'",
          'NOT',
          'a*',
          'ä',
          'Ä',
          '質問',
          '',
          'x'.repeat(5000),
          `${'x'.repeat(5000)}y`,
        ]
        const statements = odd.map((term) => statementOf({ terms: [term] }))
        await insert(...statements)
        for (const [n, term] of odd.entries())
          expect(await idsOf({ terms: [term] })).toEqual([statements[n]?.id])
      })

      it.each([[[]], [['t']]])(
        'takes since as exclusive and until as inclusive (terms %j; xapi.md §6.3, 13)',
        async (terms) => {
          const [a, b, c] = [
            statementOf({ terms: ['t'] }),
            statementOf({ terms: ['t'] }),
            statementOf({ terms: ['t'] }),
          ]
          const first = storedOf(await insert(a))
          const second = storedOf(await insert(b))
          const third = storedOf(await insert(c))
          expect(await idsOf({ terms, since: first })).toEqual([b.id, c.id])
          expect(await idsOf({ terms, since: first - 1 })).toEqual([a.id, b.id, c.id])
          expect(await idsOf({ terms, until: second })).toEqual([a.id, b.id])
          expect(await idsOf({ terms, until: second - 1 })).toEqual([a.id])
          expect(await idsOf({ terms, since: first, until: second, ascending: false })).toEqual([b.id])
          expect(await idsOf({ terms, since: third })).toEqual([])
          expect(await idsOf({ terms, until: first - 1 })).toEqual([])
        },
      )

      it.each([
        ['oldest first', true],
        ['newest first', false],
      ])('pages %s without gap or repetition while others write', async (_name, ascending) => {
        const mine = Array.from({ length: 40 }, () => statementOf({ terms: ['paged'] }))
        for (let n = 0; n < 40; n += 5)
          await insert(...mine.slice(n, n + 5), statementOf({ terms: ['noise'] }))
        const upTo = await store.lastSeq(T)
        const seen: string[] = []
        let after: number | undefined
        for (let more = true; more; ) {
          const selection = selectionOf({ terms: ['paged'], ascending, limit: 7, upTo })
          const [page] = await Promise.all([
            store.select(T, after === undefined ? selection : { ...selection, after }),
            insert(statementOf({ terms: ['paged'] })),
          ])
          seen.push(...page.items.map(({ id }) => id))
          after = page.items.at(-1)?.seq
          more = page.more
        }
        const expected = mine.map(({ id }) => id)
        expect(seen).toEqual(ascending ? expected : expected.toReversed())
      })

      it('knows the newest seq of a tenant', async () => {
        expect(await store.lastSeq(T)).toBe(0)
        await insert(statementOf(), statementOf())
        const newest = (await store.scan(T, 0, 10)).at(-1)?.seq
        await store.insert(OTHER, batchOf([statementOf()]))
        expect(await store.lastSeq(T)).toBe(newest)
      })

      it('counts a tenant’s statements up to a seq, voided ones too', async () => {
        expect(await store.count(T, 0)).toBe(0)
        const target = statementOf()
        await insert(target, statementOf())
        const upTo = await store.lastSeq(T)
        await insert(voidingOf(target.id))
        await store.insert(OTHER, batchOf([statementOf()]))
        expect(await store.count(T, upTo)).toBe(2)
        expect(await store.count(T, await store.lastSeq(T))).toBe(3)
      })

      it('scans everything in order of seq, voided statements too', async () => {
        const target = statementOf()
        const voiding = voidingOf(target.id)
        await insert(target)
        await insert(voiding)
        const all = await store.scan(T, 0, 10)
        expect(all.map(({ id, voided }) => [id, voided])).toEqual([
          [target.id, true],
          [voiding.id, false],
        ])
        expect(await store.scan(T, all[0]?.seq ?? 0, 1)).toEqual([all[1]])
      })
    })

    describe('selecting by their own time', () => {
      const at = (minutes: number) => NOON + minutes * 60_000
      const placed = (minutes: number | null, terms: readonly string[] = ['t']) =>
        statementOf({ timestamp: minutes === null ? null : at(minutes), terms })
      /** Every id, page by page; pages may be short. */
      const allByTime = async (changes: Partial<TimeSelection> = {}, tenant = T) => {
        const ids: string[] = []
        let after: TimePosition | undefined
        for (;;) {
          const selection = {
            terms: [],
            ascending: true,
            limit: 2,
            upTo: Number.MAX_SAFE_INTEGER,
            ...changes,
          }
          const { items, next } = await store.selectByTime(
            tenant,
            after ? { ...selection, after } : selection,
          )
          expect(items.length).toBeLessThanOrEqual(selection.limit)
          ids.push(...items.map(({ id }) => id))
          if (next === null) return ids
          after = next
        }
      }

      it.each([[[]], [['t']]])(
        'orders by time then seq, both ways, page by page (terms %j)',
        async (terms) => {
          const [late, early, twin, middle] = [placed(30), placed(10), placed(10), placed(20)]
          await insert(late, early)
          await insert(twin, middle)
          const ids = [early, twin, middle, late].map(({ id }) => id)
          expect(await allByTime({ terms })).toEqual(ids)
          expect(await allByTime({ terms, ascending: false })).toEqual(ids.toReversed())
          expect(await allByTime({ terms, limit: 1 })).toEqual(ids)
          expect(await allByTime({ terms, limit: 4 })).toEqual(ids)
        },
      )

      it.each([[[]], [['t']]])(
        'takes from as inclusive and before as exclusive (terms %j)',
        async (terms) => {
          const [a, b, c] = [placed(1), placed(2), placed(3)]
          await insert(c, b, a)
          expect(await allByTime({ terms, from: at(2) })).toEqual([b.id, c.id])
          expect(await allByTime({ terms, before: at(2) })).toEqual([a.id])
          expect(await allByTime({ terms, from: at(2), before: at(3), ascending: false })).toEqual([b.id])
          expect(await allByTime({ terms, from: at(3) + 1 })).toEqual([])
        },
      )

      it('puts a statement without timestamp where it was stored', async () => {
        const [none, past] = [placed(null), placed(0)]
        await insert(none, past)
        expect(await allByTime()).toEqual([past.id, none.id])
      })

      it('finds only statements that have all terms, not voided ones, none after upTo, none of another tenant', async () => {
        const [ab, a, gone] = [placed(1, ['a', 'b']), placed(2, ['a']), placed(3, ['a', 'b'])]
        await insert(gone, ab, a)
        const voiding = voidingOf(gone.id)
        await insert(voiding)
        await store.insert(OTHER, batchOf([placed(1, ['a', 'b'])]))
        const upTo = await store.lastSeq(T)
        await insert(placed(0, ['a', 'b']))
        expect(await allByTime({ terms: ['a', 'b'], upTo })).toEqual([ab.id, voiding.id])
        expect(await allByTime({ terms: ['a'], upTo })).toEqual([ab.id, a.id, voiding.id])
        expect(await allByTime({ terms: ['a', 'never used'], upTo })).toEqual([])
        expect(await allByTime({ terms: ['b'] }, newTenant())).toEqual([])
      })

      it('finds all of a term that thousands have, and of a rare one among them', async () => {
        const many = Array.from({ length: 2600 }, (_, n) =>
          placed(n, n % 1300 === 7 ? ['many', 'rare'] : ['many']),
        )
        await insert(...many)
        const ids = many.map(({ id }) => id)
        expect(await allByTime({ terms: ['many'], limit: 500 })).toEqual(ids)
        expect(await allByTime({ terms: ['many'], limit: 500, ascending: false })).toEqual(ids.toReversed())
        expect(await allByTime({ terms: ['many', 'rare'] })).toEqual([ids[7], ids[1307]])
      })
    })

    describe('terms of a statement alone', () => {
      it('find it, and not what refers to it', async () => {
        const target = statementOf({ terms: ['seen', 'c:mine', 'w:word', 'o:success=true'] })
        const comment = statementOf({ terms: ['said', 'c:other'], refersTo: target.id })
        await insert(target)
        await insert(comment)
        expect(await idsOf({ terms: ['seen'] })).toEqual([target.id, comment.id])
        for (const term of ['c:mine', 'w:word', 'o:success=true'])
          expect(await idsOf({ terms: [term] })).toEqual([target.id])
        expect(await idsOf({ terms: ['c:other'] })).toEqual([comment.id])
      })
    })

    describe('voiding (xapi.md §4.5)', () => {
      const target = () => statementOf({ terms: ['seen'] })

      it('hides the target from lists, and finds it only as voided', async () => {
        const a = target()
        await insert(a)
        const voiding = voidingOf(a.id)
        await insert(voiding)
        expect(await idsOf()).toEqual([voiding.id])
        expect(await idsOf({ terms: ['seen'] })).not.toContain(a.id)
        expect(await store.find(T, a.id, false)).toBeNull()
        expect((await store.find(T, a.id, true))?.id).toBe(a.id)
        expect((await store.find(T, a.id))?.voided).toBe(true)
        expect(await store.find(T, voiding.id, true)).toBeNull()
      })

      it.each<[string, (a: IncomingStatement, v: IncomingStatement) => IncomingStatement[][]]>([
        ['after its target', (a, v) => [[a], [v]]],
        ['before its target', (a, v) => [[v], [a]]],
        ['in one batch, after', (a, v) => [[a, v]]],
        ['in one batch, before', (a, v) => [[v, a]]],
      ])('takes effect %s', async (_name, batches) => {
        const a = target()
        const v = voidingOf(a.id)
        for (const batch of batches(a, v)) await insert(...batch)
        expect(await isVoided(a.id)).toBe(true)
        expect(await idsOf()).toEqual([v.id])
      })

      it('never voids a voiding statement, in whatever order they come', async () => {
        const a = target()
        const v = voidingOf(a.id)
        const early = voidingOf(v.id)
        await insert(early)
        await insert(a, v)
        await insert(voidingOf(v.id))
        expect(await isVoided(v.id)).toBe(false)
        expect(await isVoided(a.id)).toBe(true)
        const itself = randomUUID()
        await insert(voidingOf(itself, { id: itself }))
        expect(await isVoided(itself)).toBe(false)
      })

      it('refuses to void a statement of another credential that is there, and stores nothing (ruling 23)', async () => {
        const [a, beside] = [target(), statementOf()]
        await insert(a)
        const v = voidingOf(a.id)
        const foreign = batchOf([beside, v], { credential: 'elsewhere' })
        expect(await store.insert(T, foreign)).toEqual({ outcome: 'void-forbidden', ids: [v.id] })
        expect(await isVoided(a.id)).toBe(false)
        expect(await store.find(T, beside.id)).toBeNull()
        expect(await store.insert(T, { ...foreign, voidsOthers: true })).toMatchObject({ outcome: 'stored' })
        expect(await isVoided(a.id)).toBe(true)
      })

      it('stores the voiding of an unknown id, with effect later only on what its credential may void (ruling 23)', async () => {
        const [own, foreign, foreignButAllowed] = [target(), target(), target()]
        await insert(voidingOf(own.id), voidingOf(foreign.id))
        await store.insert(
          T,
          batchOf([voidingOf(foreignButAllowed.id)], { credential: 'lms', voidsOthers: true }),
        )
        await insert(own)
        await store.insert(T, batchOf([foreign, foreignButAllowed], { credential: 'elsewhere' }))
        expect(await isVoided(own.id)).toBe(true)
        expect(await isVoided(foreign.id)).toBe(false)
        expect(await isVoided(foreignButAllowed.id)).toBe(true)
      })

      it('answers a resent voiding statement as stored, although its target is voided already', async () => {
        const a = target()
        const v = voidingOf(a.id)
        await insert(a, v)
        expect(await insert(v)).toMatchObject({ outcome: 'stored', existing: [v.id] })
      })

      it('marks the learners of the target, whose evidence has changed', async () => {
        const a = statementAbout('account:https://lms.example.org|ana')
        await insert(a)
        const learner =
          (await stores.identities.byIfi(T, 'account:https://lms.example.org|ana'))?.learner ?? ''
        const before = await stores.metering.history(T, learner)
        await insert(voidingOf(a.id))
        const after = await stores.metering.history(T, learner)
        expect(after?.marks[0]?.generation).toBeGreaterThan(before?.marks[0]?.generation ?? Infinity)
        expect(after?.facts.map(({ voided }) => voided)).toEqual([true])
      })
    })

    describe('reference propagation (xapi.md §4.5, §6.3, 12)', () => {
      const referringTo = (id: string, changes: Partial<IncomingStatement> = {}) =>
        statementOf({ terms: ['refers'], refersTo: id, ...changes })

      it('finds a voiding statement by the terms of its target, which is voided and not found itself', async () => {
        const a = statementOf({ terms: ['watched'] })
        const v = voidingOf(a.id)
        await insert(a)
        await insert(v)
        expect(await idsOf({ terms: ['watched'] })).toEqual([v.id])
        expect(await idsOf({ terms: ['watched', 'voided'] })).toEqual([v.id])
      })

      it.each<[string, (chain: IncomingStatement[]) => IncomingStatement[]]>([
        ['targets first', (chain) => chain],
        ['targets last', (chain) => chain.toReversed()],
        ['in between', ([a, b, c, d]) => [b, d, a, c].filter((one) => one !== undefined)],
      ])('follows references over three hops, %s', async (_name, order) => {
        const a = statementOf({ terms: ['root'] })
        const b = referringTo(a.id)
        const c = referringTo(b.id)
        const d = referringTo(c.id)
        for (const statement of order([a, b, c, d])) await insert(statement)
        expect(new Set(await idsOf({ terms: ['root'] }))).toEqual(new Set([a.id, b.id, c.id, d.id]))
        expect(await idsOf({ terms: ['root', 'refers'] })).toHaveLength(3)
      })

      it('follows references over a voided statement in the middle', async () => {
        const a = statementOf({ terms: ['root'] })
        const b = referringTo(a.id)
        const c = referringTo(b.id)
        await insert(c)
        await insert(b)
        const voiding = voidingOf(b.id)
        await insert(voiding)
        await insert(a)
        expect(await idsOf({ terms: ['root', 'refers'] })).toEqual([c.id, voiding.id])
      })

      it('ends on a circle of references', async () => {
        const [first, second] = [randomUUID(), randomUUID()]
        await insert(referringTo(second, { id: first, terms: ['one'] }))
        await insert(referringTo(first, { id: second, terms: ['two'] }))
        expect(await idsOf({ terms: ['one', 'two'] })).toEqual([first, second])
      })

      it('applies since and until to the referring statement', async () => {
        const a = statementOf({ terms: ['root'] })
        const first = storedOf(await insert(a))
        const b = referringTo(a.id)
        await insert(b)
        expect(await idsOf({ terms: ['root'], since: first })).toEqual([b.id])
      })

      it('hands the terms of one statement on to a thousand that refer to it, before Consistent-Through passes it', async () => {
        const id = randomUUID()
        for (let n = 0; n < 10; n++) await insert(...Array.from({ length: 100 }, () => referringTo(id)))
        const stored = storedOf(await insert(statementOf({ id, terms: ['awaited'] })))
        while ((await store.consistentThrough()) < stored)
          await new Promise((resolve) => setTimeout(resolve, 5))
        expect(await idsOf({ terms: ['awaited'], limit: 2000 })).toHaveLength(1001)
      })
    })

    describe('facts, identities and marks, in the same commit', () => {
      const ANA = 'account:https://lms.example.org|ana'

      it('keeps each fact as it was given, and marks its learner', async () => {
        const id = randomUUID()
        const fact = factOf(id, { learner: ANA, scaled: 0.1, keys: [{ kind: 'K1', key: 'session-1' }] })
        const stored = storedOf(await insert(statementOf({ id, facts: [fact] })))
        const identity = await stores.identities.byIfi(T, ANA)
        expect(identity).toEqual({ ifi: ANA, learner: expect.any(String), name: 'Ana', seen: true })
        expect(await stores.metering.factsOf(T, id)).toEqual([
          { ...fact, seq: expect.any(Number), stored, voided: false },
        ])
        expect(await stores.metering.dirtyLearners(10_000)).toContainEqual({
          tenant: T,
          learner: identity?.learner,
        })
      })

      it('gives two identifiers two learners, and one identifier always the same one, by random ids (ruling 19)', async () => {
        await insert(statementAbout(ANA), statementAbout('account:https://lms.example.org|ben'))
        await insert(statementAbout(ANA))
        const ana = await stores.identities.byIfi(T, ANA)
        const ben = await stores.identities.byIfi(T, 'account:https://lms.example.org|ben')
        expect(ana?.learner).not.toBe(ben?.learner)
        expect((await stores.metering.history(T, ana?.learner ?? ''))?.facts).toHaveLength(2)
        expect(ana?.learner).toMatch(/^[0-9a-f-]{36}$/)
      })

      it('joins an address with both its hashes, in whatever order they come (in-the-wild §6.2, 3)', async () => {
        const [mbox, sha1, bare] = [
          'mbox:mailto:user@example.com',
          'sha1:220322e6f00c8c88ae97398ed7e9150228859d9c',
          'sha1:63a710569261a24b3766275b7000ce8d7b32e2f7',
        ]
        await insert(statementAbout(sha1))
        const elder = (await stores.identities.byIfi(T, sha1))?.learner ?? ''
        await insert(statementAbout(bare))
        const younger = (await stores.identities.byIfi(T, bare))?.learner ?? ''
        expect(younger).not.toBe(elder)
        const before = await stores.metering.history(T, elder)
        await insert(statementAbout(mbox))
        const joined = await stores.identities.learner(T, younger)
        expect(joined?.id).toBe(elder)
        expect(joined?.identities.map(({ ifi, seen }) => [ifi, seen]).toSorted()).toEqual(
          [
            [mbox, true],
            [sha1, true],
            [bare, true],
          ].toSorted(),
        )
        const after = await stores.metering.history(T, elder)
        expect(after?.revision).toBeGreaterThan(before?.revision ?? Infinity)
        expect(after?.facts).toHaveLength(3)
        expect(after?.marks.map(({ ifi }) => ifi).toSorted()).toEqual([bare, mbox, sha1].toSorted())
      })

      it('keeps an identifier that only a link names as not seen', async () => {
        await insert(statementAbout('mbox:mailto:user@example.com'))
        const hashed = await stores.identities.byIfi(T, 'sha1:220322e6f00c8c88ae97398ed7e9150228859d9c')
        expect(hashed).toMatchObject({ seen: false, name: null })
      })

      it('keeps a statement of a Group that names one person twice', async () => {
        const id = randomUUID()
        await insert(statementOf({ id, facts: [factOf(id), factOf(id)] }))
        expect(await stores.metering.factsOf(T, id)).toHaveLength(1)
      })
    })

    describe('tenants (ruling 24)', () => {
      it('lets one id stand for two statements of two tenants', async () => {
        const a = statementOf({ terms: ['t'] })
        const b = statementOf({ id: a.id, verb: 'http://example.org/verbs/other', terms: ['t'] })
        await insert(a)
        expect(await store.insert(OTHER, batchOf([b]))).toMatchObject({ outcome: 'stored', existing: [] })
        expect((await store.find(T, a.id))?.raw).toBe(a.raw)
        expect((await store.find(OTHER, a.id))?.raw).toBe(b.raw)
      })

      it('finds, selects, scans and counts nothing of another', async () => {
        const a = statementOf({ terms: ['t'] })
        await insert(a, statementAbout('account:https://lms.example.org|ana'))
        expect(await store.find(OTHER, a.id)).toBeNull()
        await store.insert(OTHER, batchOf([statementOf({ terms: ['u'] })]))
        expect(await store.find(OTHER, a.id)).toBeNull()
        expect(await idsOf({ terms: ['t'] }, OTHER)).toEqual([])
        expect(await idsOf({}, OTHER)).toHaveLength(1)
        expect(await store.scan(OTHER, 0, 10)).toHaveLength(1)
        expect(await stores.identities.byIfi(OTHER, 'account:https://lms.example.org|ana')).toBeNull()
        expect(await stores.metering.factsOf(OTHER, a.id)).toEqual([])
      })

      it('voids and finds by reference nothing of another', async () => {
        const a = statementOf({ terms: ['t'] })
        await store.insert(OTHER, batchOf([voidingOf(a.id)], { voidsOthers: true }))
        await insert(a)
        await store.insert(OTHER, batchOf([voidingOf(a.id)], { voidsOthers: true }))
        expect(await isVoided(a.id)).toBe(false)
        expect(await idsOf({ terms: ['t'] }, OTHER)).toEqual([])
      })
    })

    describe('Consistent-Through (xapi.md §6.3, 16)', () => {
      it('never goes back, and nothing is stored at or before it that was not visible when it was given', async () => {
        let last = 0
        const writers = Array.from({ length: 8 }, async () => {
          for (let n = 0; n < 25; n++) await insert(statementOf(), statementOf())
        })
        const seen: { horizon: number; visible: number }[] = []
        let writing = true
        const reader = (async () => {
          while (writing) {
            const horizon = await store.consistentThrough()
            expect(horizon).toBeGreaterThanOrEqual(last)
            last = horizon
            const visible = (await store.select(T, selectionOf({ until: horizon, limit: 1000 }))).items.length
            seen.push({ horizon, visible })
          }
        })()
        await Promise.all(writers)
        writing = false
        await reader
        const all = await store.scan(T, 0, 1000)
        expect(all).toHaveLength(400)
        expect(new Set(seen.map(({ visible }) => visible)).size).toBeGreaterThan(2)
        for (const { horizon, visible } of seen) {
          expect(all.filter(({ stored }) => stored <= horizon)).toHaveLength(visible)
        }
      })

      it('includes what was answered, and comes up to about now when nothing is written', async () => {
        const stored = storedOf(await insert(statementOf()))
        expect(await store.consistentThrough()).toBeGreaterThanOrEqual(stored)
        await new Promise((resolve) => setTimeout(resolve, 30))
        expect(await store.consistentThrough()).toBeGreaterThanOrEqual(stored + 20)
      })

      it('is before every statement stored after it was given', async () => {
        for (let n = 0; n < 30; n++) {
          const horizon = await store.consistentThrough()
          expect(storedOf(await insert(statementOf({ timestamp: NOON })))).toBeGreaterThan(horizon)
        }
      })
    })
  })
}
