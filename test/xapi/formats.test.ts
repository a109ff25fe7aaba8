import { describe, expect, it } from 'vitest'
import {
  durationMs,
  instantOf,
  isDuration,
  isIri,
  isIrl,
  isLanguageTag,
  isMbox,
  isMediaType,
  isSha1,
  isSha2,
  isTimestamp,
  isUuid,
  isVersion,
} from '../../src/xapi/formats.ts'

const HEX = '0123456789abcdef'

interface Lexical {
  readonly rule: string
  readonly test: (text: string) => boolean
  readonly yes: readonly string[]
  readonly no: readonly string[]
}

const TABLE: readonly Lexical[] = [
  {
    rule: 'a UUID has standard text form, any version, any case (XAPI-00027)',
    test: isUuid,
    yes: [
      '3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b',
      '3F6A1D0E-58C4-4F7B-9A3E-0C1D2E3F4A5B',
      '00000000-0000-0000-0000-000000000000',
      'a1b2c3d4-0000-1000-f000-00805f9b34fb',
      '0190163d-8694-739b-aea5-966c26f8ad91',
    ],
    no: [
      '',
      '3f6a1d0e58c44f7b9a3e0c1d2e3f4a5b',
      '{3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b}',
      'urn:uuid:3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b',
      '3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b0',
      'gf6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b',
      '3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b\n',
    ],
  },
  {
    rule: 'an IRI has a scheme and no character an IRI may not have (XAPI-00007, XAPI-00011)',
    test: isIri,
    yes: [
      'http://example.org',
      'HTTP://EXAMPLE.ORG/a?b=c#d',
      'urn:uuid:3f6a1d0e-58c4-4f7b-9a3e-0c1d2e3f4a5b',
      'tag:example.org,2025:x',
      'https://exämple.org/ñ/日本',
      'x-a+b.c:y',
      'https://[::1]/a',
    ],
    no: [
      '',
      'example.org/a',
      '/relative',
      '//example.org',
      'http:',
      'ab=c://example.org',
      '1a://example.org',
      'http://example.org/a b',
      'http://example.org/\u00a0',
      'http://example.org/\u0007',
      'http://example.org/\u0085',
      ' http://example.org',
      'http://example.org\n',
      ...[...'<>"{}|\\^`'].map((character) => `http://example.org/${character}`),
    ],
  },
  {
    rule: 'an IRL is an IRI (XAPI-00042)',
    test: isIrl,
    yes: ['https://lms.example.org'],
    no: ['lms.example.org'],
  },
  {
    rule: 'an mbox is mailto: with one address (XAPI-00038)',
    test: isMbox,
    yes: [
      'mailto:a@example.org',
      'MAILTO:a@example.org',
      'mailto:Ana.Maria+tag_1%x@sub.example.org',
      "mailto:o'brien@host",
      'mailto:üser@exämple.org',
      'mailto:a@my_host.local',
      'mailto:a@[192.0.2.1]',
    ],
    no: [
      '',
      'a@example.org',
      'mailto:example.org',
      'mailto:@example.org',
      'mailto:a@',
      'mailto:a@b@example.org',
      'mailto:a@example..org',
      'mailto:a@.example.org',
      'mailto:a@example.org.',
      'mailto:a b@example.org',
      'mailto: a@example.org',
      'mailto:a@example.org?subject=x',
      'mailto:a@example.org,b@example.org',
      'mailto:a@exa mple.org',
      'http:a@example.org',
    ],
  },
  {
    rule: 'a SHA-1 has 40 hex digits (XAPI-00039)',
    test: isSha1,
    yes: ['220322e6f00c8c88ae97398ed7e9150228859d9c', '220322E6F00C8C88AE97398ED7E9150228859D9C'],
    no: [
      '',
      '220322e6f00c8c88ae97398ed7e9150228859d9',
      'g20322e6f00c8c88ae97398ed7e9150228859d9c',
      'x'.repeat(40),
    ],
  },
  {
    rule: 'a SHA-2 has the hex digits of one of its lengths (XAPI-00103)',
    test: isSha2,
    yes: [
      HEX.repeat(4),
      HEX.repeat(6),
      HEX.repeat(8),
      HEX.toUpperCase().repeat(4),
      `${HEX.repeat(3)}01234567`,
    ],
    no: ['', HEX.repeat(2), HEX.repeat(5), `${HEX.repeat(4)}0`, 'g'.repeat(64)],
  },
  {
    rule: 'a version is 1.0, 1.0.x or 2.0.x (XAPI-00101)',
    test: isVersion,
    yes: ['1.0', '1.0.0', '1.0.3', '1.0.9', '1.0.10', '2.0.0', '2.0.1'],
    no: [
      '',
      '1',
      '0.9.9',
      '0.95',
      '1.1.0',
      '1.0.',
      '1.0.03',
      '1.0.3 ',
      'v1.0.3',
      '1.0.x',
      '2.1.0',
      '2.0',
      '3.0.0',
    ],
  },
  {
    rule: 'a content type is a media type (XAPI-00105)',
    test: isMediaType,
    yes: [
      'text/plain',
      'application/vnd.x+json; charset=utf-8',
      'text/plain;charset="a b"',
      'IMAGE/JPEG',
      'a/b ; c=d ; e=f',
    ],
    no: [
      '',
      'text',
      'text/',
      '/plain',
      'text/plain;',
      'text/plain; charset',
      'text /plain',
      'te xt/plain',
      'a/b/c',
    ],
  },
  {
    rule: 'a language tag follows RFC 5646 (XAPI-00121)',
    test: isLanguageTag,
    yes: [
      'en',
      'EN-us',
      'cmn',
      'ase',
      'tlh',
      'zh-cmn-Hans-CN',
      'zh-Hans-CN',
      'sr-Latn-RS',
      'es-419',
      'de-CH-1901',
      'sl-rozaj-biske-1994',
      'hy-Latn-IT-arevela',
      'en-a-bbb-x-a-ccc',
      'de-u-co-phonebk',
      'en-u-ca-gregory-t-de',
      'x-whatever',
      'i-klingon',
      'i-default',
      'en-GB-oed',
      'sgn-BE-FR',
      'und',
      'art-lojban',
      'zh-min-nan',
      'abcdefgh',
      'en-x-u-u-a',
      'en-0-abc',
    ],
    no: [
      '',
      'a',
      'abcdefghi',
      'en-',
      '-en',
      'en--US',
      'en_US',
      'en-US-GB',
      'de-419-DE',
      'a-DE',
      'ar-a-aaa-b-bbb-a-ccc',
      'ar-a-aaa-A-ccc',
      'de-1901-1901',
      'sl-rozaj-ROZAJ',
      'en-a',
      'en-u-x-a',
      'x',
      'x-abcdefghi',
      'i-unknown',
      'zh-Hans-Hant',
      'en-abcdefghi',
      'e n',
      'en-ü',
      '12',
    ],
  },
  {
    rule: 'a duration follows ISO 8601 §4.4.3.2 (XAPI-00124)',
    test: isDuration,
    yes: [
      'P3Y',
      'P4W',
      'P0.5W',
      'P1,5D',
      'PT0S',
      'PT16559.14S',
      'P3Y1M29DT4H35M59.14S',
      'PT1H0.5M',
      'P1YT1S',
      'PT36H',
      'P1DT12H36M0.12567S',
    ],
    no: [
      '',
      'P',
      'PT',
      'P1DT',
      '1D',
      'P4W1D',
      'P1Y4W',
      'P1D4W',
      'P1S',
      'PT1D',
      'P1M1Y',
      'PT1S1M',
      'P0.5Y1M',
      'PT0.5H3S',
      'P1.5DT1S',
      'PT.5S',
      'PT1.S',
      '-P1D',
      'P-1D',
      'pt1s',
      'PT1H2H',
      'P0003-06-04T12:30:05',
      'PT1S\n',
    ],
  },
]

describe.each(TABLE)('$rule', ({ test, yes, no }) => {
  it.each(yes)('%j is one', (text) => {
    expect(test(text)).toBe(true)
  })
  it.each(no)('%j is none', (text) => {
    expect(test(text)).toBe(false)
  })
})

describe('timestamps (XAPI-00123)', () => {
  it.each([
    ['2025-03-01T09:30:00Z', '2025-03-01T09:30:00.000Z'],
    ['2025-03-01t09:30:00z', '2025-03-01T09:30:00.000Z'],
    ['2025-03-01T09:30Z', '2025-03-01T09:30:00.000Z'],
    ['2025-03-01T09:30:00', '2025-03-01T09:30:00.000Z'],
    ['2025-03-01T09:30:00.1Z', '2025-03-01T09:30:00.100Z'],
    ['2025-03-01T09:30:00.12399999Z', '2025-03-01T09:30:00.123Z'],
    ['2025-03-01T09:30:00+01:30', '2025-03-01T08:00:00.000Z'],
    ['2025-03-01T09:30:00-0800', '2025-03-01T17:30:00.000Z'],
    ['2025-03-01T00:30:00+01', '2025-02-28T23:30:00.000Z'],
    ['2025-03-01T09:30:00+00', '2025-03-01T09:30:00.000Z'],
    ['2025-03-01T09:30:00+00:00', '2025-03-01T09:30:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
    ['2017-01-01T00:59:60+01:00', '2017-01-01T00:00:00.000Z'],
    ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
    ['1969-12-31T23:59:59.5Z', '1969-12-31T23:59:59.500Z'],
  ])('%s is %s in both versions', (text, instant) => {
    expect(isTimestamp(text, '1.0.3')).toBe(true)
    expect(isTimestamp(text, '2.0.0')).toBe(true)
    expect(new Date(instantOf(text)).toISOString()).toBe(instant)
  })

  it.each([
    ['20250301T093000Z', '2025-03-01T09:30:00.000Z'],
    ['20250301T0930+0130', '2025-03-01T08:00:00.000Z'],
    ['20250301T093000.25', '2025-03-01T09:30:00.250Z'],
    ['2025-03-01T09:30:00,25Z', '2025-03-01T09:30:00.250Z'],
  ])('%s is one in 1.0.3 (ISO 8601), none in 2.0.0 (RFC 3339)', (text, instant) => {
    expect(isTimestamp(text, '1.0.3')).toBe(true)
    expect(isTimestamp(text, '2.0.0')).toBe(false)
    expect(new Date(instantOf(text)).toISOString()).toBe(instant)
  })

  it.each([
    '',
    'yesterday',
    '01/011/2015',
    '2025-03-01',
    '2025-03-01T',
    '2025-03-01 09:30:00Z',
    '2025-3-1T09:30:00Z',
    '2021-02-30T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-00-10T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-01-00T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T12:60:00Z',
    '2025-01-01T12:00:61Z',
    '2025-01-01T12:00:60Z',
    '2025-03-01T09:30:00-00',
    '2025-03-01T09:30:00-0000',
    '2025-03-01T09:30:00-00:00',
    '2025-03-01T09:30:00+24:00',
    '2025-03-01T09:30:00+01:60',
    '2025-03-01T09:30:00.Z',
    '2025-03-01T09Z',
    '2025-W09-6T09:30:00Z',
    '2025-060T09:30:00Z',
    '2025-03-01T09:30:00Z\n',
  ])('%j is none', (text) => {
    expect(isTimestamp(text, '1.0.3')).toBe(false)
    expect(isTimestamp(text, '2.0.0')).toBe(false)
    expect(instantOf(text)).toBeNaN()
  })
})

describe('durationMs', () => {
  it.each([
    ['PT0S', 0],
    ['PT1.5S', 1500],
    ['PT1M30.25S', 90_250],
    ['PT1,5H', 5_400_000],
    ['P1DT1H', 90_000_000],
    ['P2W', 14 * 86_400_000],
    ['P1M', 30 * 86_400_000],
    ['P1Y', 365 * 86_400_000],
  ])('%s is %i ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })

  it.each(['', 'PT', 'P1W1D', 'PT0.5H3S'])('%j is NaN', (text) => {
    expect(durationMs(text)).toBeNaN()
  })
})
