/** Statements as they leave: JSON, or multipart/mixed when attachments are asked for (1.0.3 Communication §1.5.2). */
import { randomBytes } from 'node:crypto'
import type { Response } from 'express'

export function sendStatements(response: Response, json: string, attachments: boolean): void {
  if (!attachments) {
    response.set('Content-Type', 'application/json; charset=utf-8').send(json)
    return
  }
  const boundary = `rollcall${randomBytes(16).toString('hex')}`
  const part = `--${boundary}\r\nContent-Type: application/json; charset=utf-8\r\n\r\n${json}\r\n--${boundary}--\r\n`
  response.set('Content-Type', `multipart/mixed; boundary=${boundary}`).send(Buffer.from(part))
}
