/** Where webhooks may go: nothing inside the operator's own network unless the operator says so. */
import ipaddr from 'ipaddr.js'

/** Of private networks, loopback included. Link-local ones never: metadata services of clouds answer there. */
const PRIVATE = ['private', 'loopback', 'uniqueLocal', 'carrierGradeNat']

/** @param address an IP address, as a resolver gives it or in a URL */
export function mayReach(address: string, allowPrivate: boolean): boolean {
  const literal = address.replace(/^\[|\]$/g, '')
  if (!ipaddr.isValid(literal)) return false
  const range = ipaddr.process(literal).range()
  return range === 'unicast' || (allowPrivate && PRIVATE.includes(range))
}

/** Whether the host of a URL is an address and not a name. */
export function isLiteral(host: string): boolean {
  return ipaddr.isValid(host.replace(/^\[|\]$/g, ''))
}
