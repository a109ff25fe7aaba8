/** Threads that help the drain come when there is much to count, and go when all is counted. */
import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createCrew } from '../../src/counting-crew.ts'
import { watch } from '../../src/jobs/crew.ts'

const SENT_AWAY = -1

describe('calling the crew', () => {
  /** @returns of the function: for how many idle cores the crew has been called so far */
  const watched = () => {
    let now = 0
    let idleMs = 0
    const calls: number[] = []
    const crew = {
      counters: [],
      call: (idle: number) => calls.push(idle),
      dismiss: () => calls.push(SENT_AWAY),
    }
    const told = watch(
      crew,
      () => now,
      () => idleMs,
    )
    return (ms: number, isFull: boolean, idle = ms) => {
      now = ms
      idleMs = idle
      told(isFull)
      return calls
    }
  }

  it('waits until slices have been full for three seconds', () => {
    const at = watched()
    expect(at(0, true)).toEqual([])
    expect(at(2_999, true)).toEqual([])
    expect(at(3_000, true)).toEqual([1])
  })

  it('begins anew, and sends away who is there, when one was not full: new statements are counted before a thread has started', () => {
    const at = watched()
    at(0, true)
    at(2_000, false)
    expect(at(3_500, true)).toEqual([SENT_AWAY])
    expect(at(6_499, true)).toEqual([SENT_AWAY])
    expect(at(6_500, true)).toEqual([SENT_AWAY, 1])
  })

  it('tells how many cores have been idle meanwhile, and looks again after as long', () => {
    const at = watched()
    at(1_000, true, 50_000)
    expect(at(4_000, true, 51_200)).toEqual([0])
    at(4_100, true, 51_300)
    expect(at(7_200, true, 51_300 + 3 * 3_100)).toEqual([0, 3])
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

  it.each([
    [0, 0],
    [1, 1],
    [3, 3],
    [31, 3],
  ])('on a machine with %i idle cores is %i', (idle, size) => {
    const { crew, asked } = assembled()
    crew.call(idle)
    crew.call(idle)
    expect(asked()).toBe(size)
  })

  it('helps as soon as it is there, and is sent away', async () => {
    const { crew, join } = assembled()
    crew.call(1)
    expect(crew.counters).toHaveLength(0)
    const { closed } = join()
    expect(crew.counters).toHaveLength(1)
    crew.dismiss()
    expect(crew.counters).toHaveLength(0)
    await closed
  })

  it('that comes too late is sent away, and may be called again', async () => {
    const { crew, join, asked } = assembled()
    crew.call(1)
    crew.dismiss()
    crew.call(1)
    expect(asked()).toBe(1)
    await join().closed
    expect(crew.counters).toHaveLength(0)
    crew.call(1)
    expect(asked()).toBe(2)
    const { port } = join()
    expect(crew.counters).toHaveLength(1)
    port.close()
  })

  it('whose thread has gone fails what it was given', async () => {
    const { crew, join } = assembled()
    crew.call(1)
    const { port } = join()
    const [count] = crew.counters
    const counting = count?.({ name: 'drain', holder: 'one', fence: 1, until: 0 } as never, [])
    port.close()
    await expect(counting).rejects.toMatchObject({ code: 'unavailable' })
  })
})
