import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { automaticLinks, components, isPerson } from '../../src/attempts/identity.ts'

describe('Automatic links (in-the-wild §6.2, 3)', () => {
  it('a mailbox is linked to its SHA-1 with and without mailto:', () => {
    expect(automaticLinks('mbox:mailto:user@example.com')).toEqual([
      'sha1:220322e6f00c8c88ae97398ed7e9150228859d9c',
      'sha1:63a710569261a24b3766275b7000ce8d7b32e2f7',
    ])
  })

  it.each([
    'account:https://lms.example.org|user@example.com',
    'openid:https://id.example.org/u',
    'sha1:220322e6f00c8c88ae97398ed7e9150228859d9c',
  ])('nothing is linked to %s by itself', (ifi) => {
    expect(automaticLinks(ifi)).toEqual([])
  })
})

describe('Who is a person (P1, in-the-wild §6.2, 7)', () => {
  it.each([
    ['account:https://site.example.org|not-trackable-5f0b', false],
    ['account:https://site.example.org|anonymous', false],
    ['mbox:mailto:unknown@example.com', false],
    // SHA-1 of «mailto:unknown@example.com» and of the bare address.
    [automaticLinks('mbox:mailto:unknown@example.com')[0] ?? '', false],
    [automaticLinks('mbox:mailto:unknown@example.com')[1] ?? '', false],
    ['account:https://site.example.org|anonymous-coward', true],
    ['account:https://site.example.org/not-trackable-|u-1', true],
    ['mbox:mailto:unknown@example.org', true],
    ['account:https://moodle.example.org|1', true],
  ])('%s: %s', (ifi, person) => {
    expect(isPerson(ifi, [])).toBe(person)
  })

  it('the settings name others, such as Moodle’s guest; a mailbox covers its hashes', () => {
    const nonPersons = ['account:https://moodle.example.org|1', 'mbox:mailto:user@example.com']
    expect(isPerson('account:https://moodle.example.org|1', nonPersons)).toBe(false)
    expect(isPerson('sha1:63a710569261a24b3766275b7000ce8d7b32e2f7', nonPersons)).toBe(false)
    expect(isPerson('account:https://moodle.example.org|12', nonPersons)).toBe(true)
  })
})

describe('Learners are connected components (ruling 19)', () => {
  it('chains of links join, and identifiers known only from a link are members', () => {
    expect(
      components(
        ['d', 'b', 'a'],
        [
          ['b', 'c'],
          ['c', 'a'],
        ],
      ),
    ).toEqual([['a', 'b', 'c'], ['d']])
  })

  const names = fc.constantFrom(...'abcdefgh')
  const links = fc.array(fc.tuple(names, names), { maxLength: 8 })

  it('neither the order of identities nor that of links, nor their direction, matters', () => {
    fc.assert(
      fc.property(fc.uniqueArray(names), links, fc.infiniteStream(fc.nat()), (identities, pairs, numbers) => {
        const shuffled = pairs
          .map((pair) => ({
            pair: numbers.next().value % 2 === 0 ? pair : ([pair[1], pair[0]] as const),
            by: numbers.next().value,
          }))
          .sort((a, b) => a.by - b.by)
          .map(({ pair }) => pair)
        expect(components([...identities].reverse(), shuffled)).toEqual(components(identities, pairs))
      }),
      { numRuns: 300 },
    )
  })

  it('every identifier is in exactly one component, and linked ones share theirs', () => {
    fc.assert(
      fc.property(fc.uniqueArray(names), links, (identities, pairs) => {
        const found = components(identities, pairs)
        expect(found.flat().sort()).toEqual([...new Set([...identities, ...pairs.flat()])].sort())
        for (const [a, b] of pairs) expect(found.find((one) => one.includes(a))).toContain(b)
      }),
      { numRuns: 300 },
    )
  })
})
