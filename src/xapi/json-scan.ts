/**
 * Walks over JSON text without parsing it. Numbers keep every digit (ruling 26) only if their text is never turned into a
 * value, so everything that cuts or splices a statement works on offsets found here. All loops, no recursion: linear in the
 * text, whatever its nesting.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** A member of an object, by offsets: `text.slice(nameStart, nameEnd)` is its name with quotes. */
export interface MemberSlice {
  /** Decoded. */
  readonly name: string
  readonly nameStart: number
  readonly nameEnd: number
  readonly valueStart: number
  readonly valueEnd: number
}

export interface Slice {
  readonly start: number
  readonly end: number
}

/** The offset after the string whose opening quote is at `start`; the end of the text if it is never closed. */
export function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1)
  while (quote !== -1) {
    let before = quote - 1
    while (text.charCodeAt(before) === BACKSLASH) before -= 1
    // An even number of backslashes escape each other, an odd number escapes the quote.
    if ((quote - before) % 2 === 1) return quote + 1
    quote = text.indexOf('"', quote + 1)
  }
  return text.length
}

/** The offset of the next character that is not JSON white space. */
function skipSpace(text: string, start: number): number {
  let at = start
  while (isSpace(text.charCodeAt(at))) at += 1
  return at
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

/** The offset after the value that starts at `start`. The text must be valid JSON. */
function endOfValue(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === QUOTE) return endOfString(text, start)
  if (first === OPEN_OBJECT || first === OPEN_LIST) return endOfContainer(text, start)
  let at = start
  while (at < text.length && !endsScalar(text.charCodeAt(at))) at += 1
  return at
}

function endsScalar(code: number): boolean {
  return code === COMMA || code === CLOSE_OBJECT || code === CLOSE_LIST || isSpace(code)
}

function endOfContainer(text: string, start: number): number {
  let depth = 0
  let at = start
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at)
      continue
    }
    if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      depth -= 1
      if (depth === 0) return at + 1
    }
    at += 1
  }
  return at
}

/** Where each element of the array starting at or after `from` lies. The text must be valid JSON. */
export function elementSlices(text: string, from = 0): Slice[] {
  const found: Slice[] = []
  let at = skipSpace(text, skipSpace(text, from) + 1)
  while (at < text.length && text.charCodeAt(at) !== CLOSE_LIST) {
    const end = endOfValue(text, at)
    found.push({ start: at, end })
    at = nextItem(text, end)
  }
  return found
}

/** The members of the object starting at or after `from`, in order; offsets count from the start of `text`, which must be valid. */
export function membersOf(text: string, from = 0): MemberSlice[] {
  const found: MemberSlice[] = []
  let at = skipSpace(text, skipSpace(text, from) + 1)
  while (at < text.length && text.charCodeAt(at) !== CLOSE_OBJECT) {
    const nameEnd = endOfString(text, at)
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1)
    const valueEnd = endOfValue(text, valueStart)
    found.push({ name: nameAt(text, at, nameEnd), nameStart: at, nameEnd, valueStart, valueEnd })
    at = nextItem(text, valueEnd)
  }
  return found
}

function nextItem(text: string, end: number): number {
  const at = skipSpace(text, end)
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at
}

function nameAt(text: string, start: number, end: number): string {
  const name = text.slice(start + 1, end - 1)
  return name.includes('\\') ? (JSON.parse(text.slice(start, end)) as string) : name
}

/** What a character outside strings does to the nesting. */
const NESTING = new Map([
  [OPEN_LIST, 1],
  [OPEN_OBJECT, 1],
  [CLOSE_LIST, -1],
  [CLOSE_OBJECT, -1],
])
const STEPS = Int8Array.from({ length: 128 }, (_, code) => NESTING.get(code) ?? 0)

/** How deep a text nests and how many members its objects write, duplicates included; stops early past `maxDepth`. */
export function measure(text: string, maxDepth: number): { depth: number; members: number } {
  let open = 0
  let depth = 0
  let members = 0
  let at = 0
  while (at < text.length && depth <= maxDepth) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at)
      continue
    }
    if (code === COLON) members += 1
    open += STEPS[code] ?? 0
    if (open > depth) depth = open
    at += 1
  }
  return { depth, members }
}
