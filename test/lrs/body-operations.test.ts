/** What is large is worked on in another thread, so that the main one stays free (ruling 36). */
import { describe, expect, it } from 'vitest'
import type { CredentialCaller } from '../../src/lrs/access/access.ts'
import type { Lrs } from '../../src/lrs/context.ts'
import { type Bodies, createBodies, LARGE } from '../../src/lrs/statements/body-operations.ts'
import type { StoredDocument } from '../../src/store/ports.ts'
import type { DocumentPlace } from '../../src/xapi/document.ts'

const caller: CredentialCaller = {
  kind: 'credential',
  tenant: 't',
  id: 'c',
  key: 'k',
  label: 'l',
  purpose: 'learner',
  scopes: ['state'],
}
const place: DocumentPlace = { resource: 'state', activity: 'a', agent: 'b', registration: '', id: 's' }

/** Where a document was written that a POST or PUT of `sent` met. */
async function writtenAt(method: 'PUT' | 'POST', sent: number, there: number): Promise<string[]> {
  const at: string[] = []
  const existing = {
    body: json(there),
    contentType: 'application/json',
    etag: 'e',
    updated: 0,
    revision: 'r',
  }
  const documents = {
    largest: null,
    read: async (): Promise<StoredDocument> => existing,
    write: async () => {
      at.push('here')
      return true
    },
  }
  const lrs = { stores: { documents }, clock: { now: () => 1 }, newId: () => 'n' } as unknown as Lrs
  const elsewhere: Bodies = {
    run: async (_operation, _caller, body) => {
      expect(body).not.toHaveProperty('mergeUpTo')
      at.push('elsewhere')
      return 'written' as never
    },
  }
  const body = { bytes: json(sent), version: '1.0.3', method, contentType: 'application/json' } as const
  await createBodies(lrs, elsewhere).run('write document', caller, { ...body, target: { place } })
  return at
}

const json = (bytes: number) => Buffer.from(`{"a":"${'x'.repeat(bytes - 8)}"}`)

describe('a document', () => {
  it.each([
    ['POST', 100, 100, 'here'],
    ['POST', 100, LARGE, 'here'],
    ['POST', 100, LARGE + 1, 'elsewhere'],
    ['POST', LARGE + 1, 100, 'elsewhere'],
    ['PUT', 100, LARGE + 1, 'here'],
    ['PUT', LARGE + 1, 100, 'elsewhere'],
  ] as const)('by %s of %i bytes onto %i is written %s, once', async (method, sent, there, where) => {
    expect(await writtenAt(method, sent, there)).toEqual([where])
  })
})

describe('a few statements', () => {
  it.each([
    [LARGE, 'here'],
    [LARGE + 1, 'elsewhere'],
  ] as const)(
    'with an attachment of %i bytes, which may be a signature, are looked at %s',
    async (bytes, where) => {
      const elsewhere: Bodies = { run: async () => ({ ids: ['elsewhere'], fresh: 0 }) as never }
      const bodies = createBodies({} as Lrs, elsewhere)
      const attachments = [{ id: 'f', sha2: 'a'.repeat(64), bytes }]
      const body = { bytes: Buffer.from('[]'), version: '1.0.3', attachments } as const
      // Here nobody asks for its bytes: it belongs to no statement.
      const answer = await bodies.run('store statements', { ...caller, scopes: ['all'] }, body).then(
        ({ ids }) => ids[0],
        () => 'here',
      )
      expect(answer).toBe(where)
    },
  )
})
