/** `If-Match` and `If-None-Match` (RFC 9110 §8.8.3, §13.1): lists, `*`, weak tags. */

interface EntityTag {
  readonly weak: boolean
  /** Without quotes. */
  readonly value: string
}

/** A tag without quotes, as old clients send it, is taken for the one meant. */
const TAG = /\s*(W\/)?(?:"([^"]*)"|([^\s",]+))\s*(?:,|$)/gy

/** Strong comparison: a weak tag never matches. @param etag of what is there, without quotes; null: nothing is there */
export function fitsIfMatch(header: string, etag: string | null): boolean {
  if (etag === null) return false
  return header.trim() === '*' || tagsIn(header).some(({ weak, value }) => !weak && value === etag)
}

/** Weak comparison. @returns false when what is there has one of the tags, and for `*` when anything is there */
export function fitsIfNoneMatch(header: string, etag: string | null): boolean {
  if (etag === null) return true
  return header.trim() !== '*' && !tagsIn(header).some(({ value }) => value === etag)
}

/** What cannot be read as tags matches nothing. */
function tagsIn(header: string): readonly EntityTag[] {
  return [...header.matchAll(TAG)].map(([, weak, quoted, bare]) => ({
    weak: weak !== undefined,
    value: quoted ?? bare ?? '',
  }))
}
