/** Well-formed language tags (RFC 5646 §2.1 and §2.2.9). Whether a subtag is registered is not looked up. */

/** What nearly every tag looks like: `en`, `en-US`, `cmn`. */
const COMMON = /^[a-z]{2,3}(?:-[a-z]{2})?$/i

const LANGUAGE = '(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})'
const SCRIPT = '(?:-[a-z]{4})?'
const REGION = '(?:-(?:[a-z]{2}|\\d{3}))?'
const VARIANTS = '(?:-(?:[a-z0-9]{5,8}|\\d[a-z0-9]{3}))*'
const EXTENSIONS = '(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*'
const PRIVATE = 'x(?:-[a-z0-9]{1,8})+'
const TAG = new RegExp(
  `^(?:${LANGUAGE}${SCRIPT}${REGION}(${VARIANTS})(${EXTENSIONS})(?:-${PRIVATE})?|${PRIVATE})$`,
  'i',
)

/** Registered before the grammar was; the regular ones of that list fit it anyway (RFC 5646 §2.2.8). */
const GRANDFATHERED = new Set([
  'en-gb-oed',
  'i-ami',
  'i-bnn',
  'i-default',
  'i-enochian',
  'i-hak',
  'i-klingon',
  'i-lux',
  'i-mingo',
  'i-navajo',
  'i-pwn',
  'i-tao',
  'i-tay',
  'i-tsu',
  'sgn-be-fr',
  'sgn-be-nl',
  'sgn-ch-de',
])

/** A tag of legal sequence and lengths, no variant or extension letter twice (XAPI-00013, XAPI-00091, XAPI-00121). */
export function isLanguageTag(text: string): boolean {
  if (COMMON.test(text)) return true
  const parts = TAG.exec(text)
  if (parts === null) return GRANDFATHERED.has(text.toLowerCase())
  return isUnique(subtags(parts[1])) && isUnique(subtags(parts[2]).filter((subtag) => subtag.length === 1))
}

function subtags(part: string | undefined): string[] {
  return part ? part.slice(1).toLowerCase().split('-') : []
}

function isUnique(items: readonly string[]): boolean {
  return new Set(items).size === items.length
}
