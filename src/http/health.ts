/** /health: the process answers. /ready: it can take statements, proven by a write. Neither says more than that. */
import type { RequestHandler } from 'express'
import type { Upkeep } from '../store/ports.ts'

export type Readiness = 'ready' | 'stopping' | 'the store cannot be written'

/** A proof is good for this long, so that many probes cost one write. */
const GOOD_FOR_MS = 1_000
/** A store that takes longer is not ready. */
const PATIENCE_MS = 5_000

export interface ReadinessDeps {
  readonly upkeep: Pick<Upkeep, 'probe'>
  /** The stop has begun. */
  stopping(): boolean
}

export function createReadiness({ upkeep, stopping }: ReadinessDeps): () => Promise<Readiness> {
  let proof: Promise<boolean> | null = null
  const prove = (): Promise<boolean> => {
    if (proof !== null) return proof
    const fresh = inTime(upkeep.probe()).then(
      () => true,
      () => false,
    )
    proof = fresh
    void fresh.then(() => {
      setTimeout(() => {
        proof = null
      }, GOOD_FOR_MS).unref()
    })
    return fresh
  }
  return async () => {
    if (stopping()) return 'stopping'
    return (await prove()) ? 'ready' : 'the store cannot be written'
  }
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('too late')), PATIENCE_MS)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

export const health: RequestHandler = (_request, response) => {
  response.json({ status: 'alive' })
}

export function ready(readiness: () => Promise<Readiness>): RequestHandler {
  return async (_request, response) => {
    const found = await readiness()
    if (found === 'ready') response.json({ ready: true })
    else response.status(503).set('Retry-After', '5').json({ ready: false, reason: found })
  }
}
