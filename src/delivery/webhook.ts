/** Webhooks over HTTP: one POST, no redirects, and only to addresses that may be reached. */
import { type LookupAddress, lookup } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isLiteral, mayReach } from '../lrs/alerts/addresses.ts'
import type { Post, Senders, SendOutcome } from '../lrs/alerts/senders.ts'

const TIMEOUT_MS = 10_000
/** The receiver says by it that nothing is wanted there any more. */
const GONE = 410

/** @param allowPrivate addresses of private networks too */
export function createPoster(allowPrivate: boolean): Senders['post'] {
  const guarded = guardedLookup(allowPrivate)
  return async (post, signal) => {
    const { hostname, protocol } = new URL(post.url)
    if (isLiteral(hostname) && !mayReach(hostname, allowPrivate))
      return { error: `${hostname} is no public address`, permanent: false }
    try {
      return outcomeOf(await statusOf(post, protocol, guarded, signal))
    } catch (error) {
      return { error: error instanceof Error ? error.message.slice(0, 300) : String(error), permanent: false }
    }
  }
}

function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status < 300) return null
  const redirects = status >= 300 && status < 400 ? ': redirects are not followed' : ''
  return { error: `answered ${status}${redirects}`, permanent: status === GONE }
}

/** Only the status is read. */
async function statusOf(
  { url, headers, body }: Post,
  protocol: string,
  guarded: LookupFunction,
  signal: AbortSignal,
): Promise<number> {
  const request = protocol === 'https:' ? httpsRequest : httpRequest
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  return await new Promise<number>((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body), 'user-agent': 'Rollcall' },
        lookup: guarded,
        // A connection of its own: none is kept that was looked up at another time.
        agent: false,
        signal: AbortSignal.any([signal, timeout]),
      },
      (response) => {
        resolve(response.statusCode ?? 0)
        response.destroy()
      },
    )
    sent.on('error', (error) => {
      reject(timeout.aborted ? new Error(`no answer within ${TIMEOUT_MS / 1_000} s`) : error)
    })
    sent.end(body)
  })
}

/** The address that is checked is the one that is connected to: a name that changes between the two gains nothing. */
function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '')
      const allowed = addresses.filter(({ address }) => mayReach(address, allowPrivate))
      const [first] = allowed
      if (!first) return callback(new Error(`${hostname} has no public address`), '')
      if (options.all === true) return callback(null, allowed)
      callback(null, first.address, first.family)
    })
  }
}
