/** The threads beside the main one; the code of each is the file of its name: jobs-thread.ts and so on. */
import { once } from 'node:events'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Config } from './config.ts'
import type { SharedStores, StoresHandle } from './engine.ts'
import type { Caller } from './lrs/access/access.ts'
import type { Lrs } from './lrs/context.ts'
import { type FileTask, type Progress, type Told, UNFINISHED } from './lrs/files/task.ts'
import { Refusal, type RefusalKind } from './lrs/refusal.ts'
import type { Bodies, BodyOf, BodyOperation } from './lrs/statements/body-operations.ts'
import type { Violation } from './xapi/types.ts'

/** Node would let each thread's short-lived objects grow to 48 MB before it looks at them. */
const YOUNG = { maxYoungGenerationSizeMb: 12 }
/** Of one that stays for minutes and has nothing else to do. */
const YOUNG_FOR_A_WHILE = { maxYoungGenerationSizeMb: 32 }

export interface ThreadStart {
  readonly stores: StoresHandle
  readonly clockOffset: SharedArrayBuffer
  readonly keys: Lrs['keys']
  readonly home: string
  readonly cmi5: Config['ROLLCALL_CMI5']
  /** How alerts leave the house. */
  readonly alerts: Pick<Config, 'ROLLCALL_SMTP' | 'ROLLCALL_SMTP_FROM' | 'ROLLCALL_WEBHOOKS_PRIVATE'>
  readonly logLevel: Config['ROLLCALL_LOG']
}

export type IntakeAnswer =
  | { readonly result: unknown }
  | { readonly refusal: { kind: RefusalKind; message: string; violations: readonly Violation[] } }
  | { readonly error: unknown }

export interface JobsThread {
  wake(what?: 'studies'): void
  stop(): Promise<void>
}

/** What the intake thread is asked. */
export interface IntakeOrder {
  readonly operation: BodyOperation
  readonly caller: Caller
  readonly body: BodyOf<BodyOperation>
  readonly port: MessagePort
}

export interface IntakeThread extends Bodies {
  stop(): Promise<void>
}

/** What the thread of a file task is told beside the rest, and what it tells. */
export interface FileThreadStart extends ThreadStart {
  readonly task: FileTask
}

export type FileTold =
  | { readonly print: string }
  | { readonly progress: Progress }
  | { readonly exit: number }

export interface ThreadDeps {
  readonly stores: SharedStores
  readonly start: Omit<ThreadStart, 'stores'>
  /** A thread that dies is a fault of ours: the process must not go on without it. */
  onFault(error: unknown): void
  /** Without one that only helped, it goes on. */
  onHelperLost(error: unknown): void
  /** Whether a thread more may be started to count. */
  mayHelp(): boolean
}

type CounterDeps = Pick<ThreadDeps, 'stores' | 'start' | 'onHelperLost'>

export async function startJobsThread(deps: ThreadDeps): Promise<JobsThread> {
  const thread = startThread('jobs-thread', deps.stores, deps.start)
  // Not `once` of node:events: that would reject when the thread dies.
  const ended = new Promise((resolve) => thread.once('exit', resolve))
  await once(thread, 'message')
  thread.on('error', deps.onFault)
  const counters = createCounters(deps)
  // It asks for one more thread to count beside it.
  thread.on('message', () => {
    const counter = deps.mayHelp() ? counters.start() : null
    thread.postMessage({ counter }, counter ? [counter] : [])
  })
  return {
    wake: (what) => thread.postMessage(what ?? 'wake'),
    stop: async () => {
      thread.postMessage('stop')
      await ended
      await counters.stop()
    },
  }
}

export interface Counters {
  /** One more. @returns by what it is called (`CountingCalls`); it ends when that is closed */
  start(): MessagePort
  /** How many have not ended. */
  running(): number
  stop(): Promise<void>
}

/** One that dies leaves its port closed: what it was given fails, and is tried again without it. */
export function createCounters({ stores, start, onHelperLost }: CounterDeps): Counters {
  const running = new Set<Worker>()
  return {
    start: () => {
      const { port1, port2 } = new MessageChannel()
      const thread = startThread('counting-thread', stores, start)
      thread.postMessage(port2, [port2])
      running.add(thread)
      thread.on('error', onHelperLost)
      thread.once('exit', () => running.delete(thread))
      return port1
    },
    running: () => running.size,
    stop: async () => {
      await Promise.all([...running].map((thread) => thread.terminate()))
    },
  }
}

/** Started at the first large body. `wake` is called when something may have been stored. */
export function createIntake({ stores, start, onFault }: ThreadDeps, wake: () => void): IntakeThread {
  let thread: Worker | null = null
  const running = (): Worker => {
    if (!thread) {
      thread = startThread('intake-thread', stores, start)
      thread.on('error', onFault)
    }
    return thread
  }
  return {
    run: async (operation, caller, body) => {
      const { port1, port2 } = new MessageChannel()
      const bytes = ownBytes(body.bytes)
      const order: IntakeOrder = { operation, caller, body: { ...body, bytes }, port: port2 }
      running().postMessage(order, [port2, bytes.buffer])
      const [answer] = (await once(port1, 'message')) as [IntakeAnswer]
      port1.close()
      if ('error' in answer) throw answer.error
      if ('refusal' in answer)
        throw new Refusal(answer.refusal.kind, answer.refusal.message, answer.refusal.violations)
      wake()
      return answer.result as never
    },
    stop: async () => {
      await thread?.terminate()
    },
  }
}

/** A thread for one task (ruling 37); ends with it. @returns the exit code. `wake` is called when something may have been stored. */
export async function runFileTask(
  { stores, start }: ThreadDeps,
  task: FileTask,
  told: Told,
  wake: () => void,
): Promise<number> {
  const thread = startThread('files-thread', stores, { ...start, task })
  const stop = () => thread.postMessage('stop')
  told.signal.addEventListener('abort', stop, { once: true })
  if (told.signal.aborted) stop()
  let exit = UNFINISHED
  thread.on('message', (message: FileTold) => {
    if ('print' in message) told.print(message.print)
    else if ('progress' in message) told.progress(message.progress)
    else exit = message.exit
  })
  try {
    await once(thread, 'exit')
  } finally {
    told.signal.removeEventListener('abort', stop)
    wake()
  }
  return exit
}

/** Bytes whose memory can be handed over without a copy, or a copy that can. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength
  return whole && bytes.buffer instanceof ArrayBuffer
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes)
}

/** Node 20 cannot run TypeScript: from the sources (tests) the built file is taken. */
function startThread(
  name: 'jobs-thread' | 'counting-thread' | 'intake-thread' | 'files-thread',
  stores: SharedStores,
  start: ThreadDeps['start'] & { readonly task?: FileTask },
): Worker {
  const here = import.meta.url
  const file = new URL(here.endsWith('.ts') ? `../dist/src/${name}.js` : `./${name}.js`, here)
  const { handle, transfer } = stores.share()
  const workerData: ThreadStart = { ...start, stores: handle }
  // Not those of the process: what concerns its one heap, as --max-old-space-size does, no thread can be started with.
  const execArgv = ['--disable-warning=ExperimentalWarning']
  const transferList = [...transfer]
  const resourceLimits = name === 'counting-thread' ? YOUNG_FOR_A_WHILE : YOUNG
  return new Worker(file, { workerData, transferList, execArgv, resourceLimits })
}
