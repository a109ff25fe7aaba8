/** `Expect: 100-continue`: the client sends its body once we want it, so who is refused before never sends it. */
import { IncomingMessage, type RequestListener, type Server } from 'node:http'

/**
 * Sends 100 Continue when something begins to read the body, whatever that is. An answer that comes without it ends the
 * connection: nobody could tell whether the next bytes are the body or another request (RFC 9110 §10.1.1).
 */
export function continueWhenRead(server: Server, listener: RequestListener): void {
  // Any other expectation means nothing to us, and is none that a request could fail by.
  server.on('checkExpectation', listener)
  server.on('checkContinue', (request: IncomingMessage, response) => {
    response.setHeader('Connection', 'close')
    request._read = function read(size) {
      request._read = IncomingMessage.prototype._read
      if (!response.headersSent) {
        response.removeHeader('Connection')
        response.writeContinue()
      }
      IncomingMessage.prototype._read.call(request, size)
    }
    listener(request, response)
  })
}
