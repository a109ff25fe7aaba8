import { describe, expect, it } from 'vitest'
import type { Caller } from '../../src/lrs/access/access.ts'
import { openCursor, sealCursor } from '../../src/lrs/statements/cursor.ts'

const caller = (tenant: string, id: string): Caller => ({
  kind: 'person',
  tenant,
  id,
  email: 'a@example.org',
  roles: ['admin'],
})
const at = { after: 7, upTo: 9 }

describe('a `more` cursor', () => {
  const sealed = sealCursor(at, caller('t', 'a'), 'key')

  it('opens for the credentials it was made for', () => {
    expect(openCursor(sealed, caller('t', 'a'), 'key')).toEqual(at)
  })

  it.each([
    ['other credentials', sealed, caller('t', 'b'), 'key'],
    ['another tenant', sealed, caller('u', 'a'), 'key'],
    ['another installation', sealed, caller('t', 'a'), 'other'],
    [
      'a changed position',
      sealed.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
      caller('t', 'a'),
      'key',
    ],
    ['no seal', sealed.split('.')[0] as string, caller('t', 'a'), 'key'],
    ['nothing', '', caller('t', 'a'), 'key'],
  ])('is refused with %s', (_name, cursor, who, key) => {
    expect(() => openCursor(cursor, who, key)).toThrow(/continuation/)
  })
})
