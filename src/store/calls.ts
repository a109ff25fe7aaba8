/** Calls between threads: plain functions on one side, the same functions returning promises on the other. */
import type { MessagePort } from 'node:worker_threads'
import { StoreError, type StoreErrorCode } from './store-error.ts'

export type Functions = Record<string, (...args: never[]) => unknown>

/** The same functions, called through a port. */
export type Remote<F extends Functions> = {
  readonly [Name in keyof F]: (...args: Parameters<F[Name]>) => Promise<Awaited<ReturnType<F[Name]>>>
}

/** One call waiting for its answer on the side that runs it. */
export interface Call {
  readonly name: string
  readonly args: readonly unknown[]
  resolve(value: unknown): void
  reject(error: unknown): void
}

interface Request {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

interface SentError {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
}

type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError }

/** Hands every call that arrives on the port to `take`. */
export function serve(port: MessagePort, take: (call: Call) => void): void {
  port.on('message', ({ id, name, args }: Request) => {
    take({
      name,
      args,
      resolve: (value) => port.postMessage({ id, value } satisfies Reply),
      reject: (error) => port.postMessage({ id, error: sentError(error) } satisfies Reply),
    })
  })
}

/** The functions served at the other end. When that end goes away, calls in flight and later ones fail (`unavailable`). */
export function remote<F extends Functions>(port: MessagePort): Remote<F> {
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>()
  let nextId = 1
  let closed = false
  port.on('message', (reply: Reply) => {
    const waiting = pending.get(reply.id)
    pending.delete(reply.id)
    if ('error' in reply) waiting?.reject(receivedError(reply.error))
    else waiting?.resolve(reply.value)
  })
  port.on('close', () => {
    closed = true
    for (const { reject } of pending.values()) reject(gone())
    pending.clear()
  })
  const call = (name: string, args: unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      if (closed) return reject(gone())
      const id = nextId++
      pending.set(id, { resolve, reject })
      port.postMessage({ id, name, args } satisfies Request)
    })
  return proxyOf<F>(call)
}

export function proxyOf<F extends Functions>(
  call: (name: string, args: unknown[]) => Promise<unknown>,
): Remote<F> {
  return new Proxy({} as Remote<F>, {
    // `then` must be missing, or awaiting the object would call it.
    get: (_target, name) =>
      typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name, args) : undefined,
  })
}

function gone(): StoreError {
  return new StoreError('unavailable', 'the store has been closed')
}

function sentError(error: unknown): SentError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack } = error
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return { name, message, ...code, ...(stack === undefined ? {} : { stack }) }
}

function receivedError(sent: SentError): Error {
  if (sent.name === 'StoreError') return new StoreError(sent.code as StoreErrorCode, sent.message)
  return Object.assign(new Error(sent.message), sent)
}
