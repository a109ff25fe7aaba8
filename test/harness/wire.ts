/** A wire between the product and its database that can be cut, slowed down, or broken in the middle of a command. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Wire {
  /** The same database, through the wire. */
  readonly url: string
  /** Every connection ends, and no new one is taken. */
  cut(): void
  mend(): void
  /** What the server sends comes so much later, ms. */
  slow(ms: number): void
  /** The connection that sends the next commands breaks after so many of their bytes have reached the server. */
  breakAfter(bytes: number): void
  close(): Promise<void>
}

export async function startWire(url: string): Promise<Wire> {
  const [, user = '', first = '', rest = ''] = /^mongodb:\/\/([^@/]+@)?([^,/?]+)[^/?]*(.*)$/.exec(url) ?? []
  const [host = '127.0.0.1', port = '27017'] = first.split(':')
  const sockets = new Set<Socket>()
  let isCut = false
  let delay = 0
  let budget = Infinity
  const forward = (from: Socket, to: Socket, onData: (chunk: Buffer) => void) => {
    from.on('data', onData)
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
    sockets.add(from)
    from.on('close', () => sockets.delete(from))
  }
  const server = createServer((client) => {
    if (isCut) return client.destroy()
    const upstream = connect(Number(port), host)
    forward(client, upstream, (chunk) => {
      if (chunk.length <= budget) {
        if (Number.isFinite(budget)) budget -= chunk.length
        upstream.write(chunk)
        return
      }
      upstream.write(chunk.subarray(0, budget), () => client.destroy())
      budget = Infinity
    })
    forward(upstream, client, (chunk) => {
      if (delay === 0) client.write(chunk)
      else setTimeout(() => client.writable && client.write(chunk), delay)
    })
    return undefined
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = `mongodb://${user}127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = rest.replace(/([?&])replicaSet=[^&]*&?/, '$1').replace(/[?&]$/, '')
  const cutAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `${at}${options}${options.includes('?') ? '&' : '?'}directConnection=true`,
    cut: () => {
      isCut = true
      cutAll()
    },
    mend: () => {
      isCut = false
    },
    slow: (ms) => {
      delay = ms
    },
    breakAfter: (bytes) => {
      budget = bytes
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      cutAll()
      await closed
    },
  }
}
