/** Parsing for comparison: two numbers are equal exactly when their values are, also where a double cannot tell them apart. */
import { endOfString } from './json-scan.ts'

/** A double holds every decimal of so many digits apart from every other one. */
const DIGITS = 15
/** Far from both ends of what a double can hold. */
const EXPONENT = 290

/** Nobody means such an exponent, and reading it takes long: it is compared as it is written. */
const LONGEST_POWER = 30

/** More digits in a row, or an exponent: only then a number may be one that a double cannot hold. */
const SUSPECT = /\d[eE]|[\d.]{16}/
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/**
 * As JSON.parse, but a number that a double does not hold exactly enough comes as `{ number: "<digits>e<exponent>" }`, the
 * same for every way to write that value. The text must be valid JSON.
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(SUSPECT.test(text) ? withLongNumbersTold(text) : text) as unknown
}

function withLongNumbersTold(text: string): string {
  let out = ''
  let from = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      at = endOfString(text, at)
      continue
    }
    NUMBER.lastIndex = at
    const token = code === 0x2d || isDigit(code) ? NUMBER.exec(text)?.[0] : undefined
    const told = token === undefined ? null : exactly(token)
    if (told !== null) {
      out += text.slice(from, at) + told
      from = at + (token?.length ?? 0)
    }
    at += token?.length ?? 1
  }
  return out + text.slice(from)
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39
}

/** JSON text that tells the value; null when the number itself does. */
function exactly(token: string): string | null {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? []
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = withoutTrailingZeros(digits)
  if (significant === '') return null
  if (power.length > LONGEST_POWER) return `{"number":"${token}"}`
  const exponent = BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  const size = exponent + BigInt(significant.length)
  if (significant.length <= DIGITS && size < EXPONENT && size > -EXPONENT) return null
  return `{"number":"${sign}${significant}e${exponent}"}`
}

/** A loop: the pattern for it takes quadratic time in zeros that do not trail. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits.charCodeAt(end - 1) === 0x30) end -= 1
  return digits.slice(0, end)
}
