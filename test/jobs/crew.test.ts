/** Threads that help the drain come when there is much to count, and go when all is counted. */
import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createCrew } from '../../src/counting-crew.ts'
import { watch } from '../../src/jobs/crew.ts'

describe('calling the crew', () => {
  const CORES = 2
  /** @returns of the function: what the crew has been told so far */
  const watched = () => {
    let now = 0
    let worked = 0
    const told: string[] = []
    const crew = { counters: [], call: () => told.push('come'), dismiss: () => told.push('go') }
    const look = watch(crew, () => now, { count: CORES, busy: () => worked })
    return (ms: number, isFull: boolean, busy = ms) => {
      now = ms
      worked = busy
      look(isFull)
      return told
    }
  }

  it('waits until slices have been full for three seconds', () => {
    const at = watched()
    expect(at(0, true)).toEqual([])
    expect(at(2_999, true)).toEqual([])
    expect(at(3_000, true)).toEqual(['come'])
  })

  it('begins anew, and sends away who is there, when one was not full: new statements are counted before a thread has started', () => {
    const at = watched()
    at(0, true)
    at(2_000, false)
    expect(at(3_500, true)).toEqual(['go'])
    expect(at(6_499, true)).toEqual(['go'])
    expect(at(6_500, true)).toEqual(['go', 'come'])
  })

  it('calls one more after each three seconds in which half a core was idle, and nobody when all were busy', () => {
    const at = watched()
    at(1_000, true, 50_000)
    expect(at(4_000, true, 50_000 + 1.6 * 3_000)).toEqual([])
    expect(at(7_000, true, 54_800 + 1.4 * 3_000)).toEqual(['come'])
    expect(at(10_000, true, 59_000)).toEqual(['come', 'come'])
  })
})

describe('the crew', () => {
  const assembled = () => {
    let asked = 0
    const crew = createCrew(() => {
      asked += 1
    })
    const join = () => {
      const { port1, port2 } = new MessageChannel()
      crew.joined(port1)
      return { closed: once(port2, 'close'), port: port2 }
    }
    return { crew, join, asked: () => asked }
  }

  it('comes one by one, and is three at most: more would wait for the one writer', () => {
    const { crew, join, asked } = assembled()
    crew.call()
    crew.call()
    expect(asked()).toBe(1)
    for (let joined = 0; joined < asked(); joined++) {
      join()
      crew.call()
    }
    expect(asked()).toBe(3)
    crew.dismiss()
  })

  it('helps as soon as it is there, and is sent away', async () => {
    const { crew, join } = assembled()
    crew.call()
    expect(crew.counters).toHaveLength(0)
    const { closed } = join()
    expect(crew.counters).toHaveLength(1)
    crew.dismiss()
    expect(crew.counters).toHaveLength(0)
    await closed
  })

  it('that may not come now is asked again later', () => {
    const { crew, asked } = assembled()
    crew.call()
    crew.joined(null)
    expect(crew.counters).toHaveLength(0)
    crew.call()
    expect(asked()).toBe(2)
  })

  it('that comes too late is sent away, and may be called again', async () => {
    const { crew, join, asked } = assembled()
    crew.call()
    crew.dismiss()
    crew.call()
    expect(asked()).toBe(1)
    await join().closed
    expect(crew.counters).toHaveLength(0)
    crew.call()
    expect(asked()).toBe(2)
    const { port } = join()
    expect(crew.counters).toHaveLength(1)
    port.close()
  })

  it('whose thread has gone fails what it was given, and is given no more', async () => {
    const { crew, join } = assembled()
    crew.call()
    const { port } = join()
    const [count] = crew.counters
    const counting = count?.({ name: 'drain', holder: 'one', fence: 1, until: 0 } as never, [])
    port.close()
    await expect(counting).rejects.toMatchObject({ code: 'unavailable' })
    expect(crew.counters).toHaveLength(0)
  })
})
