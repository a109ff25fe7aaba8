/** What every backend of ours adds to Agenda's jobs. */
import type { JobParameters } from 'agenda'
import type { MovableClock } from '../clock.ts'
import { StoreError } from './store-error.ts'

/** Carried by jobs that a backend has locked; Agenda copies it along with the job's other members. */
export const LOCK = Symbol('lock token')

export type LockedJob<Data = unknown> = JobParameters<Data> & { readonly [LOCK]?: string | null }

/** How far our clock is ahead of the system's, ms. */
export function shiftOf(clock: MovableClock): number {
  return Number(Atomics.load(new BigInt64Array(clock.offset), 0))
}

/** Null for nothing. @throws StoreError `bad-job` for what JSON cannot carry */
export function jsonOf(name: string, value: unknown): string | null {
  if (value === undefined || value === null) return null
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new StoreError('bad-job', `the data of job «${name}» cannot be stored: ${why}`, { cause: error })
  }
  if (text === undefined) throw new StoreError('bad-job', `the data of job «${name}» is a ${typeof value}`)
  return text
}
