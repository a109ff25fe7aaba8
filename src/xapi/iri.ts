/** Equality of IRIs by canonical form (RFC 3987 §5.3.2: syntax-based normalisation, the most that 2.0.0 §4.2.7 allows). */

/** Already canonical, as nearly all are: lower-case scheme and host, no port, nothing to decode or resolve. */
const PLAIN = /^[a-z][a-z0-9+.-]*:(?:\/\/[^A-Z/?#@:%]+(?:\/(?!\.)[^%/]*)+)$/
/** The same for a home page, whose path is kept as it is. */
const PLAIN_HOME = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+(?:\/[^?#]*)?$/
const PARTS = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)(.*)$/is
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

/** The same text for all IRIs that are equal; a text that is no IRI is returned as it is. Never shown: statements keep theirs. */
export function canonicalIri(iri: string): string {
  if (PLAIN.test(iri)) return iri
  return rebuilt(iri, (path) => withoutDots(plainEscapes(path)), plainEscapes)
}

/**
 * The canonical `homePage` of an account, or `openid` (in-the-wild §6.2, 2): scheme and host in lower case, no default port,
 * one trailing slash ignored; the path is kept as it is.
 */
export function canonicalHome(url: string): string {
  if (PLAIN_HOME.test(url)) return url.endsWith('/') ? url.slice(0, -1) : url
  const canonical = rebuilt(url, same, same)
  return canonical.endsWith('/') && !/[?#]/.test(canonical) ? canonical.slice(0, -1) : canonical
}

function rebuilt(iri: string, path: (text: string) => string, rest: (text: string) => string): string {
  const parts = PARTS.exec(iri)
  if (parts === null) return iri
  const scheme = (parts[1] as string).toLowerCase()
  const authority = parts[2] === undefined ? '' : `//${canonicalAuthority(scheme, parts[2])}`
  // Only an IRI with authority has a path whose dots are steps.
  const body = parts[3] as string
  return `${scheme}:${authority}${authority ? path(body) : body}${rest(parts[4] as string)}`
}

function canonicalAuthority(scheme: string, authority: string): string {
  const at = authority.lastIndexOf('@') + 1
  const [, host, port] = /^(.*?)(?::(\d*))?$/s.exec(authority.slice(at)) as unknown as [
    string,
    string,
    string?,
  ]
  const shown = port && port !== DEFAULT_PORTS[scheme] ? `:${port}` : ''
  return authority.slice(0, at) + host.toLowerCase() + shown
}

/** RFC 3987 §5.3.2.3: an escape that need not be one is written out, the others have upper-case digits. */
function plainEscapes(text: string): string {
  return text.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    return /[A-Za-z0-9._~-]/.test(character) ? character : escaped.toUpperCase()
  })
}

/** RFC 3986 §5.2.4, for a path that starts with a slash or is empty. */
function withoutDots(path: string): string {
  if (!path.includes('/.')) return path
  const segments = path.split('/')
  const kept: string[] = []
  for (const [index, segment] of segments.entries()) {
    const dots = segment === '.' || segment === '..'
    if (segment === '..' && kept.length > 1) kept.pop()
    if (!dots) kept.push(segment)
    else if (index === segments.length - 1) kept.push('')
  }
  return kept.join('/')
}

function same(text: string): string {
  return text
}
