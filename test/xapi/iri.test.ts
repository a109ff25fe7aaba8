import { describe, expect, it } from 'vitest'
import { canonicalIri } from '../../src/xapi/iri.ts'

describe('canonicalIri (RFC 3987 §5.3.2, 2.0.0 §4.2.7)', () => {
  it.each([
    ['http://example.org/a/B?c=D#e', 'http://example.org/a/B?c=D#e'],
    ['HTTP://EXAMPLE.ORG/a', 'http://example.org/a'],
    ['https://example.org:443/a', 'https://example.org/a'],
    ['https://example.org:/a', 'https://example.org/a'],
    ['https://example.org:8443/a', 'https://example.org:8443/a'],
    ['http://example.org/path/../a', 'http://example.org/a'],
    ['http://example.org/../../a', 'http://example.org/a'],
    ['http://example.org/a/./b/..', 'http://example.org/a/'],
    ['http://example.org/a/.', 'http://example.org/a/'],
    ['http://example.org/.a/..b', 'http://example.org/.a/..b'],
    ['http://example.org/?x=/../a', 'http://example.org/?x=/../a'],
    ['http://example.org/%7ea%2fb', 'http://example.org/~a%2Fb'],
    ['http://example.org/a/', 'http://example.org/a/'],
    ['http://U@EXAMPLE.org/', 'http://U@example.org/'],
    ['http://[2001:DB8::1]:80/', 'http://[2001:db8::1]/'],
    ['URN:X:a/../B', 'urn:X:a/../B'],
    ['no iri', 'no iri'],
  ])('%s is %s', (iri, canonical) => {
    expect(canonicalIri(iri)).toBe(canonical)
    expect(canonicalIri(canonical)).toBe(canonical)
  })

  it('keeps two Activities apart that differ by a trailing slash or by case in the path', () => {
    expect(canonicalIri('http://example.org/a')).not.toBe(canonicalIri('http://example.org/a/'))
    expect(canonicalIri('http://example.org/a')).not.toBe(canonicalIri('http://example.org/A'))
  })
})
