/** What carries alerts out of the house: implemented in delivery/. */

/** Null: taken. */
export type SendOutcome = null | {
  /** One line for the delivery log; no secrets. */
  readonly error: string
  /** Trying again would not help. */
  readonly permanent: boolean
}

export interface Mail {
  /** The same for each try: receivers tell a repetition by it. */
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
}

export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Senders {
  /** Null: no mail server is set. */
  readonly mail: ((mail: Mail, signal: AbortSignal) => Promise<SendOutcome>) | null
  readonly post: (post: Post, signal: AbortSignal) => Promise<SendOutcome>
}
