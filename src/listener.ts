/** The listening socket: plain HTTP, for use behind a proxy or on one machine, or HTTPS with a certificate that can be renewed. */
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import type { Logger } from 'pino'
import { type Config, ConfigError } from './config.ts'
import { continueWhenRead } from './http/expect.ts'

type TlsSettings = Pick<Config, 'ROLLCALL_TLS_CERT' | 'ROLLCALL_TLS_KEY'>

export function schemeOf({ ROLLCALL_TLS_CERT }: TlsSettings): 'http' | 'https' {
  return ROLLCALL_TLS_CERT === undefined ? 'http' : 'https'
}

/** A large attachment over a slow line takes longer than Node's five minutes; but some of it must arrive in that time, ms. */
const LONGEST_MS = 3_600_000
const SILENCE_MS = 300_000

/** @throws ConfigError when the certificate or its key cannot be used */
export function createListener(
  handler: RequestListener,
  config: TlsSettings,
  log: Logger,
): { listener: Server; scheme: 'http' | 'https' } {
  if (schemeOf(config) === 'http') {
    const listener = createHttpServer(handler)
    continueWhenRead(listener, handler)
    limitTimes(listener)
    return { listener, scheme: 'http' }
  }
  const listener = createHttps(config, handler)
  continueWhenRead(listener, handler)
  limitTimes(listener)
  const renew = () => {
    try {
      listener.setSecureContext({ ...readPair(config), minVersion: 'TLSv1.2' })
      log.info('certificate read again')
    } catch (err) {
      log.error({ err }, 'certificate not read again: the old one stays')
    }
  }
  process.on('SIGHUP', renew)
  listener.once('close', () => process.off('SIGHUP', renew))
  return { listener, scheme: 'https' }
}

function limitTimes(listener: Server): void {
  listener.requestTimeout = LONGEST_MS
  listener.timeout = SILENCE_MS
}

function createHttps(config: TlsSettings, handler: RequestListener): HttpsServer {
  const pair = readPair(config)
  try {
    return createHttpsServer({ ...pair, minVersion: 'TLSv1.2' }, handler)
  } catch (cause) {
    throw new ConfigError(
      `ROLLCALL_TLS_CERT and ROLLCALL_TLS_KEY are no PEM files of one certificate and its key: ${(cause as Error).message}`,
    )
  }
}

function readPair({ ROLLCALL_TLS_CERT, ROLLCALL_TLS_KEY }: TlsSettings): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(ROLLCALL_TLS_CERT as string), key: readFileSync(ROLLCALL_TLS_KEY as string) }
  } catch (cause) {
    throw new ConfigError(`ROLLCALL_TLS_CERT or ROLLCALL_TLS_KEY cannot be read: ${(cause as Error).message}`)
  }
}
