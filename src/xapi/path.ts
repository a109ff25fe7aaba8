/** JSON paths as violations show them: `$.context.extensions['http://example.org/x']`. */

/** Longer names are cut: an error must not send a hostile body back. */
const MAX_NAME = 80
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The step from an object to its member. */
export function stepOf(name: string): string {
  const short = name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name
  return PLAIN_NAME.test(short) ? `.${short}` : `[${quoted(short)}]`
}

/** A name or value in single quotes for a message, cut and without characters that could confuse a log. */
export function quoted(text: string): string {
  const short = text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}…` : text
  return `'${JSON.stringify(short).slice(1, -1)}'`
}
