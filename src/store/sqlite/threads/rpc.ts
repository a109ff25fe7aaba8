/** Calls of the store's functions: in their own thread, in this one, and spread over several. */
import { type Call, type Functions, proxyOf, type Remote } from '../../calls.ts'
import { storeErrorOf } from '../database.ts'

/** Runs one call and answers it. A name nobody serves is a programming error and is answered as one. */
export function answer(functions: Functions, call: Call): void {
  try {
    call.resolve(invoke(functions, call))
  } catch (error) {
    call.reject(storeErrorOf(error))
  }
}

export function invoke(functions: Functions, call: Pick<Call, 'name' | 'args'>): unknown {
  const run = Object.hasOwn(functions, call.name) ? functions[call.name] : undefined
  if (run === undefined) throw new Error(`the store has no function ${call.name}`)
  return run(...(call.args as never[]))
}

/** The same shape over functions of this thread. */
export function local<F extends Functions>(functions: F): Remote<F> {
  return proxyOf<F>(async (name, args) => invoke(functions, { name, args }))
}

/** Spreads calls over several ends, in turn. */
export function inTurn<F extends Functions>(ends: readonly Remote<F>[]): Remote<F> {
  let turn = 0
  return proxyOf<F>((name, args) => {
    const end = ends[turn++ % ends.length] as Record<string, (...args: unknown[]) => Promise<unknown>>
    return (end[name] as (...args: unknown[]) => Promise<unknown>)(...args)
  })
}
