/** HTTP over a bare socket: for requests that no client library would send. */
import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  return socket
}

/** The head of a request, each line as given; `Host` is added. */
export function headOf(request: string, headers: readonly string[]): string {
  return [`${request} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

/** Sends these bytes and reads until the server closes; send `Connection: close`. */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<string> {
  const socket = openSocket(url)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write(bytes)
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks).toString('latin1')
}

/** The last answer in what a socket received: 100 Continue may stand before it. */
export function answerIn(text: string): RawAnswer {
  const start = text.lastIndexOf('HTTP/1.1 ')
  const [head = '', ...rest] = text.slice(start).split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = new Map(
    lines.map((one) => {
      const colon = one.indexOf(':')
      return [one.slice(0, colon).toLowerCase(), one.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(line.split(' ')[1]), headers, body: rest.join('\r\n\r\n') }
}
