/** Callers that wait at the same time share one round trip. */

/** Each call is answered by a run of `work` that started after it was made; at most one runs at a time. */
export function coalesced<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | null = null
  let next: Promise<T> | null = null
  return () => {
    next ??= (async () => {
      await running?.catch(() => undefined)
      running = next
      next = null
      return await work()
    })()
    return next
  }
}

interface Waiting<In, Out> {
  readonly input: In
  resolve(out: Out): void
  reject(error: unknown): void
}

/** Inputs that wait at the same time are worked on together, in the order they came; `work` answers one for each. */
export function grouped<In, Out>(
  most: number,
  work: (inputs: readonly In[]) => Promise<readonly Out[]>,
): (input: In) => Promise<Out> {
  let waiting: Waiting<In, Out>[] = []
  let running = false
  const run = async () => {
    running = true
    while (waiting.length > 0) {
      const group = waiting.slice(0, most)
      waiting = waiting.slice(most)
      try {
        const outs = await work(group.map(({ input }) => input))
        for (const [n, { resolve }] of group.entries()) resolve(outs[n] as Out)
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    running = false
  }
  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject })
      if (!running) void run()
    })
}
