/** What the threads of the store are told at start, and where their code is. */
import type { MessagePort } from 'node:worker_threads'

export interface WriterStart {
  readonly file: string
  readonly cacheBytes: number | undefined
  readonly clockOffset: SharedArrayBuffer
  readonly cells: SharedArrayBuffer
  readonly port: MessagePort
}

/** To the writer thread, on its parent port: serve this port too. */
export interface ServeRequest {
  readonly serve: MessagePort
}

export interface ReaderStart {
  readonly file: string
  readonly port: MessagePort
}

export interface CheckpointStart {
  readonly file: string
}

export interface BackupStart {
  readonly file: string
  /** Must not exist. */
  readonly copy: string
}

/** A thread's code. Node 20 cannot run TypeScript, so from the sources (tests) the built files are taken. */
export function threadFile(name: 'writer' | 'reader' | 'checkpoint' | 'backup'): URL {
  const here = import.meta.url
  if (!here.endsWith('.ts')) return new URL(`./${name}-thread.js`, here)
  return new URL(`../../../../dist/src/store/sqlite/threads/${name}-thread.js`, here)
}
