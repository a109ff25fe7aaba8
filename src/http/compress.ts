/** Answers are compressed for whoever asks, with one exception: what has an ETag. */
import compression from 'compression'
import type { RequestHandler } from 'express'

/**
 * An ETag names the bytes of the identity form and must not stand on others (1.0.3 Communication §3.1). Every browser asks for
 * gzip, so leaving the ETag out would take If-Match from all content in browsers: such answers stay as they are instead.
 * HEAD tells of the identity form, since nothing is compressed for it.
 */
export function compressAnswers(): RequestHandler {
  return compression({
    filter: (request, response) => !response.hasHeader('ETag') && compression.filter(request, response),
  })
}
