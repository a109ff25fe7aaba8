/** Edits of a text by offsets, made all at once: what no edit touches stays as it is, to the last digit (ruling 26). */

export interface Edit {
  readonly start: number
  /** Equal to `start` for an insertion. */
  readonly end: number
  readonly text: string
}

/** The edits must not overlap; insertions at one place keep their order. */
export function splice(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text
  let from = 0
  let out = ''
  for (const { start, end, text: replacement } of [...edits].sort((a, b) => a.start - b.start)) {
    out += text.slice(from, start) + replacement
    from = end
  }
  return out + text.slice(from)
}
