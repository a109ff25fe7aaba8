/** The lexical rules of the standard as predicates. Dates and durations are in timestamp.ts and duration.ts, tags in language-tag.ts. */
export { durationMs, isDuration } from './duration.ts'
export { isLanguageTag } from './language-tag.ts'
export { instantOf, isTimestamp } from './timestamp.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Standard text form, any version and variant, any case (XAPI-00027, XAPI-00029). */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}

/** RFC 3987 §2.2 as far as it can be held against real data: a scheme, then nothing that may not stand in an IRI. */
const IRI = /^[a-z][a-z0-9+.-]*:[^\s\p{Cc}<>"{}|\\^`]+$/iu

/** An absolute IRI: it has a scheme of legal characters (XAPI-00011), no white space, control character or one of <>"{}|\^` (XAPI-00007). */
export function isIri(text: string): boolean {
  return IRI.test(text)
}

/** An IRL is an IRI that locates something; no text can tell, so the rule is that of IRIs (XAPI-00042, XAPI-00061, XAPI-00104). */
export function isIrl(text: string): boolean {
  return isIri(text)
}

/** One address: `mailto:` (a scheme, so any case), a local part, `@`, labels without empty ones (XAPI-00038). */
const LABEL = '[^\\s\\p{Cc}!-,./:-@\\[-\\^`{-~]+'
const MBOX = new RegExp(
  `^mailto:[^\\s\\p{Cc}<>"{}|\\\\^\`@,;?]+@(?:\\[[0-9a-f:.]+\\]|${LABEL}(?:\\.${LABEL})*)$`,
  'iu',
)

export function isMbox(text: string): boolean {
  return MBOX.test(text)
}

const SHA1 = /^[0-9a-f]{40}$/i

/** Hex SHA-1 of a `mailto:` IRI (XAPI-00039). */
export function isSha1(text: string): boolean {
  return SHA1.test(text)
}

const SHA2 = /^(?:[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i

/** Hex SHA-224, SHA-256, SHA-384 or SHA-512 (XAPI-00103). */
export function isSha2(text: string): boolean {
  return SHA2.test(text)
}

const VERSION = /^(?:1\.0(?:\.(?:0|[1-9]\d*))?|2\.0\.(?:0|[1-9]\d*))$/

/** `1.0`, `1.0.x` or `2.0.x` (XAPI-00101; both families are taken from either, xapi.md §5 row 3). */
export function isVersion(text: string): boolean {
  return VERSION.test(text)
}

const MEDIA_TYPE =
  /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:\s*;\s*[\w!#$%&'*+.^`|~-]+=(?:[\w!#$%&'*+.^`|~-]+|"[^"]*"))*\s*$/

/** `type/subtype` with parameters (RFC 2045 §5.1, XAPI-00105). */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE.test(text)
}
