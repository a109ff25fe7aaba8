/** TinCanJS with promises: what a test needs of it. It comes without types and answers by callback. */
import { createRequire } from 'node:module'

interface Constructor<T> {
  new (config: object): T
}

export interface TinCanStatement {
  readonly id: string
  readonly attachments: readonly { readonly sha2: string; readonly content: ArrayBuffer | null }[] | null
}

interface TinCanLrs {
  saveStatement(statement: TinCanStatement, options: object): void
  retrieveStatement(id: string, options: object): void
  queryStatements(options: object): void
  moreStatements(options: object): void
  saveState(key: string, value: unknown, options: object): void
  retrieveState(key: string, options: object): void
  dropState(key: string | null, options: object): void
  saveAgentProfile(key: string, value: unknown, options: object): void
  retrieveAgentProfile(key: string, options: object): void
}

interface TinCanModule {
  LRS: Constructor<TinCanLrs>
  Statement: Constructor<TinCanStatement>
  Attachment: Constructor<{ readonly sha2: string }>
  Agent: Constructor<object>
  Activity: Constructor<object>
}

export const TinCan = createRequire(import.meta.url)('tincanjs') as TinCanModule

/** Resolves to what the call gives its callback; rejects with its error. */
export function answered<T>(call: (callback: (error: unknown, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, result) =>
      error === null ? resolve(result) : reject(new Error(`refused: ${String(error)}`)),
    )
  })
}
