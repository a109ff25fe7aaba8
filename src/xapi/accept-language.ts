/** Which language of a map a reader gets (RFC 4647 §3, RFC 9110 §12.5.4). */

interface Range {
  readonly tag: string
  readonly quality: number
}

/** Picks one key of a language map; null only for a map without keys. */
export type LanguageChoice = (keys: readonly string[]) => string | null

/**
 * Ranges in order of quality; for each the same tag, else a tag that begins with it, else the same with the last subtag of
 * the range cut off (`en-AU` → `en`). `*` takes any tag not refused with `q=0`. Nothing fits: `und`, else the first one that
 * is not refused, else the first.
 */
export function languageChoice(acceptLanguage: string | undefined): LanguageChoice {
  const ranges = readRanges(acceptLanguage ?? '')
  const wanted = ranges.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality)
  const refused = ranges.filter(({ quality }) => quality === 0).map(({ tag }) => tag)
  return (keys) => {
    const allowed = keys.filter((key) => !refused.some((tag) => begins(key.toLowerCase(), tag)))
    for (const { tag } of wanted) {
      const found = tag === '*' ? allowed[0] : closest(tag, allowed)
      if (found !== undefined) return found
    }
    return keys.find((key) => key.toLowerCase() === 'und') ?? allowed[0] ?? keys[0] ?? null
  }
}

function readRanges(header: string): Range[] {
  return header
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
      const q = parameters.find((parameter) => parameter.startsWith('q='))
      const quality = q === undefined ? 1 : Number(q.slice(2))
      return { tag, quality: quality >= 0 && quality <= 1 ? quality : 0.001 }
    })
    .filter(({ tag }) => tag !== '')
}

function closest(tag: string, keys: readonly string[]): string | undefined {
  for (let range = tag; range !== ''; range = range.slice(0, Math.max(0, range.lastIndexOf('-')))) {
    const found =
      keys.find((key) => key.toLowerCase() === range) ?? keys.find((key) => begins(key.toLowerCase(), range))
    if (found !== undefined) return found
  }
  return undefined
}

function begins(key: string, range: string): boolean {
  return key === range || key.startsWith(`${range}-`)
}
