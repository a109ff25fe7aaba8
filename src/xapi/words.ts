/** Words of names and ids, as our own search compares them: without case, accents and punctuation. */

const MARKS = /\p{M}+/gu
/** Single Latin letters tell nothing. */
const WORD = /[\p{L}\p{N}]{2,}|[^a-z\P{L}]|\p{N}/gu
/** Nothing to fold but case. */
const PLAIN = /^[\x20-\x7e]*$/
/** Longer ones are cut: nobody types more of them. */
const LONGEST = 32
/** Only so much of a text is looked at. */
const LOOKED_AT = 500

/** Each in lower case; also those that stand twice. */
export function wordsOf(text: string): readonly string[] {
  const start = text.slice(0, LOOKED_AT)
  const folded = PLAIN.test(start) ? start : start.normalize('NFKD').replace(MARKS, '')
  return (folded.toLowerCase().match(WORD) ?? []).map((word) => word.slice(0, LONGEST))
}
