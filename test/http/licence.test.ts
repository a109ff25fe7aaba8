/** The main job over HTTP: statements in, the count, who is in it and why. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
  const made = await server.api('/policies', { method: 'POST', body: policy('year', 12) })
  expect(made.status).toBe(201)
})
afterAll(() => server.stop())

function policy(id: string, months: number) {
  return {
    schema: 1,
    id,
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { months }, anchor: '2026-01-31', timeZone: 'Europe/Berlin' },
    limit: { included: 4 },
    price: { surchargePct: 25 },
    alerts: [{ at: '50%' }, { at: '100%' }],
  }
}

interface Counted {
  learner: string
  name: string | null
  identities: unknown[]
  firstEvidence: { statementId: string; at: string; stored: string; rule: string }
}
const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
const countedList = async (id: string, window: string) => {
  await server.counted(id)
  return (await json<{ items: Counted[] }>(server.api(`/windows/${window}/learners?limit=1000`))).items
}
const WINDOW = 'year.1.2026-01-31'

describe('counting', () => {
  it('shows a statement in the licence view, the list and the explanation', async () => {
    const first = statement({ actor: { name: 'Ana', ...learner('ana') } })
    await server.send([statement({ actor: learner('ana'), timestamp: '2026-05-01T00:00:00Z' }), first])
    const licence = await server.counted('year')
    expect(licence).toMatchObject({
      policy: 'year',
      totalLearners: 1,
      activeLearners: 1,
      limit: 4,
      remaining: 3,
      percent: 25,
      surchargePct: 25,
    })
    expect(licence.window).toMatchObject({
      id: WINDOW,
      start: '2026-01-30T23:00:00.000Z',
      end: '2027-01-30T23:00:00.000Z',
      status: 'open',
    })
    const [row] = await countedList('year', WINDOW)
    expect(row).toMatchObject({
      name: 'Ana',
      identities: [learner('ana')],
      firstEvidence: { statementId: first.id, at: '2026-03-01T09:00:00.000Z', rule: 'evidence' },
    })
    const explained = await json(server.api(`/windows/${WINDOW}/learners/${row?.learner}`))
    expect(explained).toMatchObject({ counted: true, evidence: { statementId: first.id, rule: 'evidence' } })
  })

  it('gives the list as CSV with one row for each counted learner (F2)', async () => {
    await server.send([statement({ actor: { name: '=1+1', ...learner('formula') } })])
    const items = await countedList('year', WINDOW)
    const response = await server.api(`/windows/${WINDOW}/learners`, { headers: { Accept: 'text/csv' } })
    expect(response.headers.get('content-type')).toContain('text/csv')
    const rows = (await response.text()).trim().split('\r\n')
    expect(rows[0]).toBe('learner,name,identities,key,statementId,at,stored,rule')
    expect(rows).toHaveLength(items.length + 1)
    expect(rows.join()).toContain("'=1+1")
    const { activeLearners } = (await server.counted('year')) as { activeLearners: number }
    expect(items).toHaveLength(activeLearners)
  })

  it('counts nobody for an admin’s catalogue launch, a plain resource or an enrolment, and says why', async () => {
    const preview = await server.credential('preview', ['statements/write'])
    const link = {
      id: 'https://lms.example.org/link',
      definition: { type: 'http://adlnet.gov/expapi/activities/link' },
    }
    const before = await countedList('year', WINDOW)
    const [previewed] = await server.send(statement({ actor: learner('admin') }), preview)
    const [resource] = await server.send(
      statement({ actor: learner('reader'), object: link, context: undefined }),
    )
    const [enrolled] = await server.send(
      statement({ actor: learner('new'), verb: { id: 'http://adlnet.gov/expapi/verbs/registered' } }),
    )
    expect(await countedList('year', WINDOW)).toHaveLength(before.length)
    const reasons = await Promise.all(
      [previewed, resource, enrolled].map((id) =>
        json<{ tracked: boolean; learners: { reason: string; text: string }[] }>(
          server.api(`/statements/${id}/decision`),
        ),
      ),
    )
    expect(reasons.map(({ tracked }) => tracked)).toEqual([false, false, false])
    expect(reasons.map(({ learners }) => learners[0]?.reason)).toEqual([
      'credential',
      'resource',
      'administrative-verb',
    ])
    const review = await json<{ untracked: { reason: string; statements: number; text: string }[] }>(
      server.api('/review'),
    )
    expect(review.untracked.map(({ reason, statements }) => [reason, statements]).sort()).toEqual([
      ['administrative-verb', 1],
      ['credential', 1],
      ['resource', 1],
    ])
  })

  it('explains who is not counted by the nearest miss (F1)', async () => {
    await server.send(statement({ actor: learner('early'), timestamp: '2025-12-24T00:00:00Z' }))
    await server.counted('year')
    const { items } = await json<{
      items: { learner: string; identities: { account: { name: string } }[] }[]
    }>(server.api('/learners?limit=1000'))
    const idOf = (name: string) =>
      items.find(({ identities }) => identities[0]?.account.name === name)?.learner
    const reasonFor = async (name: string) =>
      (
        await json<{ counted: boolean; nearestMiss: { reason: string; text: string } }>(
          server.api(`/windows/${WINDOW}/learners/${idOf(name)}`),
        )
      ).nearestMiss
    expect(await reasonFor('early')).toMatchObject({ reason: 'outside-window' })
    expect(await reasonFor('admin')).toMatchObject({ reason: 'credential' })
    const miss = await reasonFor('reader')
    expect(miss.reason).toBe('resource')
    expect(miss.text.length).toBeGreaterThan(20)
  })

  it('re-derives when a launch record arrives after the statements, or before them (ruling 21)', async () => {
    const lms = await server.credential('lms', ['launches'])
    const session = (id: string) => ({ 'https://w3id.org/xapi/cmi5/context/extensions/sessionid': id })
    const cmi5 = (name: string, id: string) =>
      statement({
        actor: learner(name),
        context: {
          registration: randomUUID(),
          contextActivities: { category: [{ id: 'https://w3id.org/xapi/cmi5/context/categories/cmi5' }] },
          extensions: session(id),
        },
      })
    const launch = (name: string, id: string) => ({
      session: id,
      learner: learner(name),
      origin: 'admin-catalog',
      at: '2026-03-01T08:59:00Z',
    })
    const before = (await countedList('year', WINDOW)).length
    await server.send(cmi5('late-launch', 's-late'))
    expect(await countedList('year', WINDOW)).toHaveLength(before + 1)
    const record = launch('late-launch', 's-late')
    expect(await json(server.api('/launches', { method: 'POST', body: [record], as: lms }))).toEqual({
      added: 1,
    })
    expect(await json(server.api('/launches', { method: 'POST', body: record, as: lms }))).toEqual({
      added: 0,
    })
    expect(await countedList('year', WINDOW)).toHaveLength(before)
    await server.api('/launches', { method: 'POST', body: launch('early-launch', 's-early'), as: lms })
    await server.send(cmi5('early-launch', 's-early'))
    expect(await countedList('year', WINDOW)).toHaveLength(before)
  })

  it('re-derives when the catalogue learns of an element, and never re-bills the past later (ruling 1)', async () => {
    const element = 'https://lms.example.org/handbook'
    const use = (name: string, timestamp: string) =>
      statement({ actor: learner(name), object: { id: element }, context: undefined, timestamp })
    const entry = (utilizationTracking: string, validFrom?: string) => ({
      id: element,
      name: 'Handbook',
      kind: 'other',
      utilizationTracking,
      ...(validFrom && { validFrom }),
    })
    const before = (await countedList('year', WINDOW)).length
    await server.send([use('h-1', '2026-03-01T00:00:00Z'), use('h-2', '2026-06-01T00:00:00Z')])
    expect(await countedList('year', WINDOW)).toHaveLength(before + 2)
    expect(await json(server.api('/elements', { method: 'PUT', body: [entry('none')] }))).toEqual({
      added: 1,
    })
    expect(await countedList('year', WINDOW)).toHaveLength(before)
    const rebill = await server.api('/elements', {
      method: 'PUT',
      body: [entry('complete-on-open', '2026-05-01T00:00:00Z')],
    })
    expect(rebill.status).toBe(400)
    expect(await rebill.text()).toContain('ruling 1')
    await server.api('/elements', { method: 'PUT', body: [entry('complete-on-open')] })
    expect(await countedList('year', WINDOW)).toHaveLength(before)
    await server.send(use('h-1', new Date().toISOString()))
    expect(await countedList('year', WINDOW)).toHaveLength(before + 1)
  })

  it('keeps the past of an element whose first entry is dated in the future (ruling 1)', async () => {
    const ids = ['between', 'undated', 'corrected'].map((name) => `https://lms.example.org/future/${name}`)
    const [between, undated, corrected] = ids
    const put = (id: string | undefined, utilizationTracking: string, validFrom?: string) =>
      server.api('/elements', {
        method: 'PUT',
        body: { id, name: 'Planned', kind: 'other', utilizationTracking, ...(validFrom && { validFrom }) },
      })
    for (const id of ids) expect((await put(id, 'none', '2090-01-01T00:00:00Z')).status).toBe(200)
    const before = (await countedList('year', WINDOW)).length
    const timestamp = '2026-03-01T00:00:00Z'
    await server.send(
      ids.map((id, index) =>
        statement({ actor: learner(`planned-${index}`), object: { id }, context: undefined, timestamp }),
      ),
    )
    expect(await countedList('year', WINDOW)).toHaveLength(before)
    expect((await put(between, 'complete-on-open', '2080-01-01T00:00:00Z')).status).toBe(200)
    expect(await countedList('year', WINDOW)).toHaveLength(before)
    expect((await put(undated, 'complete-on-open')).status).toBe(200)
    expect(await countedList('year', WINDOW)).toHaveLength(before)
    expect((await put(corrected, 'complete-on-open', '2090-01-01T00:00:00Z')).status).toBe(200)
    expect(await countedList('year', WINDOW)).toHaveLength(before)
  })

  it('joins identifiers by PUT /aliases, and mbox with its SHA-1 by itself (ruling 20, in-the-wild §6.2)', async () => {
    const before = (await countedList('year', WINDOW)).length
    const mail = { mbox: 'mailto:user@example.com' }
    const use = (actor: object) => statement({ actor })
    await server.send([
      use(learner('numeric-1042')),
      use(learner('username')),
      use(mail),
      use({ mbox_sha1sum: '220322e6f00c8c88ae97398ed7e9150228859d9c' }),
      use({ mbox_sha1sum: '63a710569261a24b3766275b7000ce8d7b32e2f7' }),
    ])
    expect(await countedList('year', WINDOW)).toHaveLength(before + 3)
    const body = [{ identities: [learner('numeric-1042'), learner('username'), mail] }]
    const dry = await json<{ merges: unknown[] }>(
      server.api('/aliases', { method: 'PUT', body: { aliases: body, dryRun: true } }),
    )
    expect(dry.merges.length).toBeGreaterThan(0)
    expect(await countedList('year', WINDOW)).toHaveLength(before + 3)
    await server.api('/aliases', { method: 'PUT', body })
    expect(await countedList('year', WINDOW)).toHaveLength(before + 1)
  })

  it('asks for `confirm` before it merges more than 20 people (ruling 20)', async () => {
    const names = Array.from({ length: 22 }, (_, index) => learner(`crowd-${index}`))
    await server.send(names.map((actor) => statement({ actor })))
    const before = (await countedList('year', WINDOW)).length
    const aliases = [{ identities: names }]
    expect(await json(server.api('/aliases', { method: 'PUT', body: { aliases } }))).toMatchObject({
      needsConfirm: true,
    })
    expect(await countedList('year', WINDOW)).toHaveLength(before)
    await server.api('/aliases', { method: 'PUT', body: { aliases, confirm: true } })
    expect(await countedList('year', WINDOW)).toHaveLength(before - 21)
  })

  it('still counts what is voided, and takes it out of the reports (A23)', async () => {
    const [id] = await server.send(statement({ actor: learner('voided') }))
    const before = (await countedList('year', WINDOW)).length
    await server.send(
      statement({
        verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
        object: { objectType: 'StatementRef', id },
        context: undefined,
      }),
    )
    expect(await countedList('year', WINDOW)).toHaveLength(before)
    const { items } = await json<{
      items: { learner: string; identities: { account?: { name: string } }[] }[]
    }>(server.api('/learners?limit=1000'))
    const who = items.find(({ identities }) => identities[0]?.account?.name === 'voided')?.learner
    expect((await json<{ items: unknown[] }>(server.api(`/attempts?learner=${who}`))).items).toHaveLength(0)
    expect(
      (await json<{ items: unknown[] }>(server.api(`/attempts?learner=${who}&deleted=true`))).items,
    ).toHaveLength(1)
  })

  it('counts the past under a policy made later, in windows that are historical (ruling 18, Q22a)', async () => {
    const made = await json<{ state: string }>(
      server.api('/policies', { method: 'POST', body: policy('quarter', 3) }),
    )
    expect(made.state).toBe('building')
    const licence = await server.counted('quarter')
    expect(licence.state).toBe('ready')
    const { items } = await json<{ items: { id: string; activeLearners: number; status: string }[] }>(
      server.api('/windows?policy=quarter'),
    )
    const first = items.find(({ id }) => id === 'quarter.1.2026-01-31')
    expect(first?.status).toBe('historical')
    expect(first?.activeLearners).toBeGreaterThan(0)
    expect(await countedList('quarter', 'quarter.1.2026-01-31')).toHaveLength(first?.activeLearners as number)
  })

  it('pages windows newest first, whatever the range, and refuses what is no continuation', async () => {
    const window = { kind: 'anchored', length: { days: 1 }, anchor: '0001-01-01' }
    expect(
      (await server.api('/policies', { method: 'POST', body: { ...policy('day', 1), window } })).status,
    ).toBe(201)
    await server.counted('day')
    type Listed = { items: { id: string; start: string; activeLearners: number }[]; next: string | null }
    const list = (query: string) => json<Listed>(server.api(`/windows?policy=day&${query}`))
    const ages = await list('from=0001-01-01T00:00:00Z&to=2026-03-02T00:00:00Z')
    expect(ages.items).toHaveLength(100)
    expect(ages.items[0]).toMatchObject({ id: 'day.1.2026-03-01' })
    expect(ages.items[0]?.activeLearners).toBeGreaterThan(0)
    expect(ages.next).not.toBeNull()
    const range = 'from=2026-02-23T00:00:00Z&to=2026-03-02T00:00:00Z&limit=3'
    const seen: string[] = []
    let next: string | null = ''
    for (let pages = 1; next !== null; pages += 1) {
      const page: Listed = await list(next ? `${range}&cursor=${encodeURIComponent(next)}` : range)
      expect(page.items).toHaveLength(pages < 3 ? 3 : 1)
      seen.push(...page.items.map(({ start }) => start.slice(5, 10)))
      next = page.next
    }
    expect(seen).toEqual(['03-01', '02-28', '02-27', '02-26', '02-25', '02-24', '02-23'])
    const first = await list('from=0001-01-01T00:00:00Z&to=0001-01-03T00:00:00Z&limit=1000')
    expect(first.items.map(({ id }) => id)).toEqual(['day.1.0001-01-02', 'day.1.0001-01-01'])
    for (const bad of ['limit=0', 'limit=1001', 'cursor=x', `cursor=${ages.next}x`])
      expect((await server.api(`/windows?policy=day&${bad}`)).status, bad).toBe(400)
  })

  it('says what is wrong with a policy, and what it cannot count yet', async () => {
    const wrong = await server.api('/policies', {
      method: 'POST',
      body: { ...policy('bad', 3), colour: 'red' },
    })
    expect(wrong.status).toBe(400)
    const nobody = { ...policy('nobody', 12), unique: { by: ['tenant'] } }
    const later = await server.api('/policies', { method: 'POST', body: nobody })
    expect(later.status).toBe(422)
    expect(((await later.json()) as { detail: string }).detail).toMatch(/without learners/i)
  })

  it('takes a new version of a policy only from a window boundary (Q25)', async () => {
    const next = { ...policy('quarter', 3), limit: { included: 9 } }
    expect((await server.api('/policies', { method: 'POST', body: next })).status).toBe(400)
    expect(
      (
        await server.api('/policies', {
          method: 'POST',
          body: { ...next, effectiveFrom: '2027-02-01T00:00:00Z' },
        })
      ).status,
    ).toBe(400)
    // The next boundary or a later one: what has begun is not cut anew.
    const past = { ...next, window: { ...next.window, length: { months: 1 } } }
    expect(
      (
        await server.api('/policies', {
          method: 'POST',
          body: { ...past, effectiveFrom: '2026-01-30T23:00:00Z' },
        })
      ).status,
    ).toBe(400)
    const made = await server.api('/policies', {
      method: 'POST',
      body: { ...next, effectiveFrom: '2027-01-30T23:00:00Z' },
    })
    expect(made.status).toBe(201)
    expect(await made.json()).toMatchObject({ version: 2 })
    const [one, two] = (
      await json<{ versions: { countHash: string; commercialHash: string }[] }>(
        server.api('/policies/quarter'),
      )
    ).versions
    expect(one?.countHash).toBe(two?.countHash)
    expect(one?.commercialHash).not.toBe(two?.commercialHash)
  })

  it('puts the policy into plain words (F3)', async () => {
    const { text } = await json<{ text: string[] }>(server.api('/policies/year/text'))
    expect(text.join(' ')).toContain('Europe/Berlin')
  })

  it('checks statements without storing them and says what their verdict would be', async () => {
    const body = statement({ actor: learner('only-checked') })
    const check = await json<{ valid: boolean; decisions: { tracked: boolean }[] }>(
      server.api('/check', { method: 'POST', body }),
    )
    expect(check).toMatchObject({ valid: true, decisions: [{ tracked: true }] })
    expect((await server.xapi(`/statements?statementId=${String(body.id)}`)).status).toBe(404)
    const bad = await json(server.api('/check', { method: 'POST', body: { ...body, verb: { id: 'x' } } }))
    expect(bad).toMatchObject({ valid: false, violations: [{ path: '$.verb.id' }] })
  })
})

describe('parameters of the API', () => {
  it.each([
    '/review',
    '/policies',
    '/policies/year',
    '/policies/year/text',
    '/credentials',
    '/users',
    '/learners',
    '/licence',
    '/elements',
  ])('an unknown one is refused by name at %s', async (path) => {
    const response = await server.api(`${path}?colour=red`)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('colour')
  })
})
