/** Words of names do not stand in an index (ruling 19): their hashes do. */
import { WORD_PREFIX } from '../../../xapi/search-terms.ts'
import { digest } from '../driver/keys-of.ts'

/** Words whose hashes are remembered. */
const REMEMBERED = 50_000
/** 66 bits: should two words ever share them, a search finds a statement too many. */
const LENGTH = 11

const known = new Map<string, string>()

/** The terms as this store keeps and asks for them. */
export function hiddenWords(terms: readonly string[]): string[] {
  return terms.map((term) => (term.startsWith(WORD_PREFIX) ? hidden(term) : term))
}

function hidden(term: string): string {
  const found = known.get(term)
  if (found !== undefined) return found
  if (known.size >= REMEMBERED) known.clear()
  const hash = WORD_PREFIX + digest(term).slice(0, LENGTH)
  known.set(term, hash)
  return hash
}
