/** Bytes of a request body as what they mean. */
import { readJson } from '../../xapi/json.ts'
import { malformed, malformedAt } from '../refusal.ts'

/** @throws Refusal `malformed` */
export function parseJson(bytes: Uint8Array): unknown {
  const json = readJson(bytes)
  if ('violation' in json) throw malformed([json.violation])
  return json.value
}

/** @throws Refusal `malformed` when it is not UTF-8 */
export function textIn(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformedAt('body', 'must be UTF-8', 'RFC 4180')
  }
}
