import { describe, expect, it } from 'vitest'
import type { IncomingStatement } from '../../src/store/ports.ts'
import { MOST_DESCRIPTIONS } from '../../src/store/ports.ts'
import type { Description } from '../../src/xapi/description.ts'
import { newTenant, type Open, opened } from './opened.ts'
import { batchOf, statementOf, voidingOf } from './statement-fixtures.ts'

const A = 'https://lms.example.org/activity/a'
const B = 'https://lms.example.org/activity/b'

const saying = (text: string, subject = A, kind: Description['kind'] = 'activity'): Description => ({
  kind,
  subject,
  hash: `hash of ${text}`,
  text,
})
const stating = (...describes: Description[]): IncomingStatement => statementOf({ describes })

export function activityStoreContract(open: Open): void {
  describe('DescriptionStore', () => {
    const stores = opened(open)
    const insert = (tenant: string, ...statements: IncomingStatement[]) =>
      stores().statements.insert(tenant, batchOf(statements))
    const definitions = async (tenant: string, subject = A) =>
      (await stores().descriptions.definitionsOf(tenant, [subject])).get(subject)

    it('keeps each distinct definition once, the newest first', async () => {
      const tenant = newTenant()
      await insert(tenant, stating(saying('one')), stating(saying('two')))
      await insert(tenant, stating(saying('two')))
      await insert(tenant, stating(saying('three')))
      expect(await definitions(tenant)).toEqual(['three', 'two', 'one'])
    })

    it('takes what is said again, after something else was, for the newest: in one batch and over several', async () => {
      const tenant = newTenant()
      await insert(tenant, stating(saying('one')))
      await insert(tenant, stating(saying('two')))
      await insert(tenant, stating(saying('one')))
      expect(await definitions(tenant)).toEqual(['one', 'two'])
      await insert(tenant, stating(saying('one')), stating(saying('two')), stating(saying('one')))
      expect(await definitions(tenant)).toEqual(['one', 'two'])
      await insert(tenant, stating(saying('two')), stating(saying('one')), stating(saying('two')))
      expect(await definitions(tenant)).toEqual(['two', 'one'])
    })

    it('answers for many subjects at once, and leaves out those nobody described', async () => {
      const tenant = newTenant()
      await insert(tenant, stating(saying('of a'), saying('of b', B)))
      const found = await stores().descriptions.definitionsOf(tenant, [A, `${A}/nowhere`, B, A])
      expect([...found].sort()).toEqual([
        [A, ['of a']],
        [B, ['of b']],
      ])
    })

    it('keeps names of Agents and definitions of Activities apart', async () => {
      const tenant = newTenant()
      await insert(tenant, stating(saying('a name', 'same', 'agent'), saying('{}', 'same')))
      expect((await stores().descriptions.namesOf(tenant, ['same'])).get('same')).toEqual(['a name'])
      expect(await definitions(tenant, 'same')).toEqual(['{}'])
    })

    it('acceptance 1: a conflict, an identical resend and a forbidden void leave everything as it was', async () => {
      const tenant = newTenant()
      const first = stating(saying('one'))
      await insert(tenant, first)
      const other = { ...statementOf({ id: first.id, verb: 'http://adlnet.gov/expapi/verbs/passed' }) }
      const outcomes = [
        await insert(tenant, stating(saying('of the batch')), { ...other, describes: [saying('conflict')] }),
        await insert(tenant, { ...first, describes: [saying('resent')] }),
        await stores().statements.insert(
          tenant,
          batchOf([voidingOf(first.id, { describes: [saying('void')] })], { credential: 'another' }),
        ),
      ]
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['conflict', 'stored', 'void-forbidden'])
      expect(await definitions(tenant)).toEqual(['one'])
    })

    it('keeps what a voided statement said: it was said of the Activity', async () => {
      const tenant = newTenant()
      const first = stating(saying('one'))
      await insert(tenant, first)
      await insert(tenant, voidingOf(first.id))
      expect(await definitions(tenant)).toEqual(['one'])
    })

    it('gives so many of one subject and no more, the newest of them', async () => {
      const tenant = newTenant()
      const many = Array.from({ length: MOST_DESCRIPTIONS + 5 }, (_, n) => stating(saying(`text ${n}`)))
      await insert(tenant, ...many)
      const found = (await definitions(tenant)) ?? []
      expect(found).toHaveLength(MOST_DESCRIPTIONS)
      expect(found[0]).toBe(`text ${MOST_DESCRIPTIONS + 4}`)
    })

    it('ruling 24: another tenant sees none of it', async () => {
      const [first, second] = [newTenant(), newTenant()]
      await insert(first, stating(saying('one')))
      await insert(second, statementOf())
      expect(await definitions(second)).toBeUndefined()
      await insert(second, stating(saying('one'), saying('theirs', B)))
      expect(await definitions(second)).toEqual(['one'])
      expect(await definitions(first, B)).toBeUndefined()
    })
  })
}
