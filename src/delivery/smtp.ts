/** Mail over SMTP. */
import { createTransport } from 'nodemailer'
import type { Senders, SendOutcome } from '../lrs/alerts/senders.ts'

const TIMEOUT_MS = 10_000

/** @param server smtp://[user:password@]host[:port] or smtps://…; STARTTLS is used where the server offers it */
export function createMailer(server: string, from: string): NonNullable<Senders['mail']> {
  const transport = createTransport(
    // Of silence: a server that stops answering must not outlast the claim on its mail.
    { url: server, connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS },
    { from },
  )
  return async ({ id, to, subject, text }) => {
    try {
      // An address as an object is never read as a list of several.
      const address = { name: '', address: to }
      const headers = { 'Auto-Submitted': 'auto-generated' }
      await transport.sendMail({ messageId: `<${id}@rollcall>`, to: address, subject, text, headers })
      return null
    } catch (error) {
      return outcomeOf(error)
    }
  }
}

/** A recipient whom the server refuses for good (5xx) stays refused; what the operator can mend is tried again. */
function outcomeOf(error: unknown): SendOutcome {
  const { code, responseCode } = error as { code?: string; responseCode?: number }
  const permanent = code === 'EENVELOPE' && responseCode !== undefined && responseCode >= 500
  return { error: error instanceof Error ? error.message.slice(0, 300) : String(error), permanent }
}
