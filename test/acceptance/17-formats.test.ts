/** Group 17 of the acceptance set: ids and canonical, map by map, place by place. */
import { beforeAll, describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { endpoint, expectRefused, type Json, ownIri, reference } from './endpoint.ts'

const lrs = endpoint()

describe('ids', () => {
  const definition = { name: { en: 'An activity' }, type: 'https://example.org/type' }
  const ana = { name: 'Ana', mbox: 'mailto:ana@example.org' }
  const ben = {
    name: 'Ben',
    objectType: 'Agent',
    account: { homePage: 'https://lms.example.org', name: 'ben' },
  }
  const anonymous = { objectType: 'Group', name: 'Two', member: [ana, ben] }
  const identified = { objectType: 'Group', name: 'Team', openid: 'https://team.example.org/', member: [ana] }
  const bare = { ana: { mbox: ana.mbox }, ben: { objectType: 'Agent', account: ben.account } }
  const bareAnonymous = { objectType: 'Group', member: [bare.ana, bare.ben] }
  const bareIdentified = { objectType: 'Group', openid: identified.openid }
  const verb = { id: ownIri(), display: { en: 'did' } }
  const activity = { objectType: 'Activity', id: ownIri('activities'), definition }
  const context = {
    registration: 'c0ffee00-1111-4222-8333-444455556666',
    instructor: anonymous,
    team: identified,
    contextActivities: { parent: activity, other: [activity, { id: ownIri('activities') }] },
    extensions: { 'https://example.org/x': { name: 'stays' } },
  }
  const ids = async (over: Json, version = '1.0.3') => {
    const [id] = await lrs.send(statement({ context: undefined, ...over }), { version })
    return lrs.read(id, { format: 'ids' }, { version })
  }

  it('leaves of Agents and identified Groups their identifier, of anonymous Groups those of the members (XAPI-00171)', async () => {
    expect((await ids({ actor: ana })).actor).toEqual(bare.ana)
    expect((await ids({ actor: ben })).actor).toEqual(bare.ben)
    expect((await ids({ actor: identified })).actor).toEqual(bareIdentified)
    expect((await ids({ actor: anonymous })).actor).toEqual(bareAnonymous)
    expect((await ids({ object: { ...anonymous } })).object).toEqual(bareAnonymous)
  })

  it('leaves of a verb and an Activity the id', async () => {
    const { verb: said, object } = await ids({ verb, object: activity })
    expect(said).toEqual({ id: verb.id })
    expect(object).toEqual({ id: activity.id })
  })

  it('reaches into the context and keeps what is no Agent and no Activity', async () => {
    const shown = (await ids({ object: activity, context })).context as Json
    expect(shown).toEqual({
      ...context,
      instructor: bareAnonymous,
      team: bareIdentified,
      contextActivities: {
        parent: [{ id: activity.id }],
        other: context.contextActivities.other.map(({ id }) => ({ id })),
      },
    })
  })

  it('reaches into contextAgents and contextGroups (2.0.0)', async () => {
    const contextAgents = [
      { objectType: 'contextAgent', agent: ana, relevantTypes: ['https://example.org/role'] },
    ]
    const contextGroups = [{ objectType: 'contextGroup', group: anonymous }]
    const shown = (await ids({ context: { contextAgents, contextGroups } }, '2.0.0')).context
    expect(shown).toEqual({
      contextAgents: [{ ...contextAgents[0], agent: bare.ana }],
      contextGroups: [{ ...contextGroups[0], group: bareAnonymous }],
    })
  })

  it('reaches into a SubStatement, and leaves a StatementRef as it is', async () => {
    const object = { objectType: 'SubStatement', actor: anonymous, verb, object: activity, context }
    const shown = (await ids({ object })).object as Json
    expect(shown).toMatchObject({ objectType: 'SubStatement', actor: bareAnonymous, verb: { id: verb.id } })
    expect(shown.object).toEqual({ id: activity.id })
    expect((shown.context as Json).team).toEqual(bareIdentified)
    const ref = reference('c0ffee00-1111-4222-8333-444455556666')
    expect((await ids({ object: ref })).object).toEqual(ref)
  })

  it('shortens the authority to its identifier', async () => {
    const { authority } = await ids({})
    expect(Object.keys(authority as Json).sort()).toEqual(['account', 'objectType'])
  })

  it('keeps result, attachments, times and every digit', async () => {
    const attachments = [
      {
        usageType: 'https://example.org/u',
        display: { en: 'a', de: 'b' },
        contentType: 'text/plain',
        length: 1,
        sha2: 'a'.repeat(64),
        fileUrl: 'https://example.org/f',
      },
    ]
    const sent = statement({ attachments, result: { score: { raw: 'RAW' } } })
    await lrs.send(JSON.stringify(sent).replace('"RAW"', '1.00000000000000000001'))
    const response = await lrs.ask({ statementId: String(sent.id), format: 'ids' })
    const text = await response.text()
    expect(text).toContain('1.00000000000000000001')
    expect((JSON.parse(text) as Json).attachments).toEqual(attachments)
  })
})

describe('canonical', () => {
  const display = { 'en-US': 'color', 'en-GB': 'colour', de: 'Farbe', 'zh-Hans-CN': '颜色' }
  const verb = { id: ownIri(), display }
  const sent = statement({ verb })
  beforeAll(async () => {
    await lrs.send(sent)
  })
  const chosen = async (header: string | undefined) => {
    const headers: Record<string, string> = header === undefined ? {} : { 'Accept-Language': header }
    const shown = await lrs.read(sent.id, { format: 'canonical' }, { headers })
    return Object.keys((shown.verb as Json).display as Json)
  }

  it.each<[string, string]>([
    ['de', 'de'],
    ['DE', 'de'],
    ['en-GB', 'en-GB'],
    ['en-gb;q=1.0', 'en-GB'],
    ['en-US;q=0.5, de;q=0.8', 'de'],
    ['en-US;q=0.8, de;q=0.5', 'en-US'],
    ['fr, de;q=0.1', 'de'],
    ['fr;q=0.9,de;q=0.8,*;q=0.1', 'de'],
    ['en', 'en-US'],
    ['de-AT', 'de'],
    ['de-CH-1996', 'de'],
    ['zh-Hans', 'zh-Hans-CN'],
    ['zh-Hans-CN', 'zh-Hans-CN'],
    ['en-US;q=0, *', 'en-GB'],
    ['en;q=0, *;q=0.5', 'de'],
    ['de;q=0, fr', 'en-US'],
    ['  de ; q=0.7 ,, en-GB;q=0.3', 'de'],
    ['de;q=oops, en-GB;q=0.5', 'en-GB'],
  ])('of %s takes %s', async (header, key) => {
    expect(await chosen(header)).toEqual([key])
  })

  it.each(['*', 'fr', '', 'fr, es;q=0.5', ';;;,,,q=1'])(
    'of «%s» takes exactly one all the same',
    async (header) => {
      expect(await chosen(header)).toHaveLength(1)
    },
  )

  it('chooses map by map: each gives the best it has (XAPI-00172)', async () => {
    const definition = {
      name: { de: 'Feuer', en: 'Fire' },
      description: { en: 'Only in English' },
      interactionType: 'choice',
      choices: [
        { id: 'a', description: { de: 'Ja', en: 'Yes' } },
        { id: 'b', description: { fr: 'Non', en: 'No' } },
        { id: 'c' },
      ],
      correctResponsesPattern: ['a'],
      extensions: { 'https://example.org/x': { de: 'stays', en: 'stays' } },
    }
    const [id] = await lrs.send(
      statement({ verb, object: { id: ownIri('activities'), definition }, context: undefined }),
    )
    const headers = { 'Accept-Language': 'de, fr;q=0.9, en;q=0.1' }
    const shown = await lrs.read(id, { format: 'canonical' }, { headers })
    expect((shown.verb as Json).display).toEqual({ de: 'Farbe' })
    expect((shown.object as Json).definition).toEqual({
      ...definition,
      name: { de: 'Feuer' },
      description: { en: 'Only in English' },
      choices: [{ id: 'a', description: { de: 'Ja' } }, { id: 'b', description: { fr: 'Non' } }, { id: 'c' }],
    })
  })

  it.each([
    ['likert', 'scale'],
    ['matching', 'source'],
    ['matching', 'target'],
    ['performance', 'steps'],
    ['sequencing', 'choices'],
  ])('gives one language of each component of %s: %s', async (interactionType, list) => {
    const components = [
      { id: 'a', description: { en: 'A', de: 'Ä' } },
      { id: 'b', description: { en: 'B', de: 'Bé' } },
    ]
    const definition = { interactionType, [list]: components }
    const [id] = await lrs.send(
      statement({ object: { id: ownIri('activities'), definition }, context: undefined }),
    )
    const shown = await lrs.read(id, { format: 'canonical' }, { headers: { 'Accept-Language': 'de' } })
    expect(((shown.object as Json).definition as Json)[list]).toEqual([
      { id: 'a', description: { de: 'Ä' } },
      { id: 'b', description: { de: 'Bé' } },
    ])
  })

  it('reaches contextActivities and SubStatements; Agents and Groups stay as they were sent', async () => {
    const activity = () => ({ id: ownIri('activities'), definition: { name: { de: 'Ja', en: 'Yes' } } })
    const actor = {
      objectType: 'Group',
      name: 'Two',
      member: [{ name: 'Ana', mbox: 'mailto:ana@example.org' }],
    }
    const contextActivities = {
      parent: [activity()],
      grouping: [activity()],
      category: [activity()],
      other: [activity()],
    }
    const object = {
      objectType: 'SubStatement',
      actor,
      verb,
      object: activity(),
      context: { contextActivities },
    }
    const [id] = await lrs.send(statement({ actor, object, context: { contextActivities } }))
    const headers = { 'Accept-Language': 'de' }
    const shown = (await lrs.read(id, { format: 'canonical' }, { headers })) as {
      object: Json
      context: Json
      actor: Json
    }
    expect(shown.actor).toEqual(actor)
    expect(shown.object.actor).toEqual(actor)
    expect(shown.object.verb).toEqual({ ...verb, display: { de: 'Farbe' } })
    const texts = JSON.stringify([shown.object, shown.context])
    expect(texts).not.toContain('"Yes"')
    expect(texts.match(/"Ja"/g)).toHaveLength(9)
  })

  it('takes what all statements together said of an Activity, also where this one said nothing', async () => {
    const id = ownIri('activities')
    const bare = statement({
      object: { id, objectType: 'Activity' },
      context: { contextActivities: { parent: { id } } },
    })
    const english = { name: { en: 'Fire' }, type: 'https://example.org/t' }
    const german = { name: { de: 'Feuer' }, extensions: { 'https://example.org/x': 1 } }
    await lrs.send(bare)
    await lrs.send(statement({ object: { id, definition: english }, context: undefined }))
    await lrs.send(statement({ object: { id, definition: german }, context: undefined }))
    const shownIn = async (language: string) => {
      const headers = { 'Accept-Language': language }
      const shown = await lrs.read(bare.id, { format: 'canonical' }, { headers })
      const [parent] = ((shown.context as Json).contextActivities as { parent: Json[] }).parent
      expect((shown.object as Json).objectType).toBe('Activity')
      expect(parent?.definition).toEqual((shown.object as Json).definition)
      return (shown.object as Json).definition
    }
    expect(await shownIn('de')).toEqual({ ...english, ...german, name: { de: 'Feuer' } })
    expect(await shownIn('en')).toEqual({ ...english, ...german, name: { en: 'Fire' } })
    expect((await lrs.read(bare.id)).object).toEqual({ id, objectType: 'Activity' })
    expect((await lrs.read(bare.id, { format: 'ids' })).object).toEqual({ id })
  })

  it('of an empty language map leaves an empty one', async () => {
    const [id] = await lrs.send(statement({ verb: { id: ownIri(), display: {} } }))
    expect(((await lrs.read(id, { format: 'canonical' })).verb as Json).display).toEqual({})
  })
})

describe('exact', () => {
  it('is the default, and gives every language', async () => {
    const verb = { id: ownIri(), display: { en: 'saw', de: 'sah' } }
    const [id] = await lrs.send(statement({ verb }))
    const headers = { 'Accept-Language': 'de' }
    expect((await lrs.read(id, {}, { headers })).verb).toEqual(verb)
    expect((await lrs.read(id, { format: 'exact' }, { headers })).verb).toEqual(verb)
  })
})

it.each(['IDS', 'Canonical', 'pretty', ''])('format=%s is refused (XAPI-00168)', async (format) => {
  await expectRefused(await lrs.ask({ format }), 400, '?format')
})
