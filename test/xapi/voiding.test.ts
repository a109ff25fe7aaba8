import { describe, expect, it } from 'vitest'
import { referencedId, VOIDED, voidedId } from '../../src/xapi/voiding.ts'
import { SIMPLE, UUID } from './sample.ts'

const REFERENCE = { objectType: 'StatementRef', id: UUID.toUpperCase() } as const

describe('voidedId (XAPI-00019)', () => {
  it('is the id of the target in lower case', () => {
    expect(voidedId({ ...SIMPLE, verb: { id: VOIDED }, object: REFERENCE })).toBe(UUID)
  })

  it.each([
    ['a reference with another verb', { ...SIMPLE, object: REFERENCE }],
    [
      'a verb that only ends alike',
      { ...SIMPLE, verb: { id: 'http://example.org/verbs/voided' }, object: REFERENCE },
    ],
    ['another object', { ...SIMPLE, verb: { id: VOIDED } }],
  ])('is null for %s', (_, statement) => {
    expect(voidedId(statement)).toBeNull()
  })
})

describe('referencedId', () => {
  it('is the id of a StatementRef as object, whatever the verb', () => {
    expect(referencedId({ ...SIMPLE, object: REFERENCE })).toBe(UUID)
    expect(referencedId(SIMPLE)).toBeNull()
  })

  it('is not that of context.statement, which does not propagate (xapi.md §6.3, 12)', () => {
    expect(referencedId({ ...SIMPLE, context: { statement: REFERENCE } })).toBeNull()
  })
})
