/** Threads that help the drain come when there is much to count, and go when all is counted. */
import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createCrew } from '../../src/counting-crew.ts'
import { watch } from '../../src/jobs/crew.ts'

describe('calling the crew', () => {
  const watched = () => {
    let now = 0
    let calls = 0
    const crew = { counters: [], call: () => (calls += 1), dismiss: () => undefined }
    const told = watch(crew, () => now)
    const at = (ms: number, isFull: boolean) => {
      now = ms
      told(isFull)
      return calls
    }
    return at
  }

  it('waits until slices have been full for three seconds', () => {
    const at = watched()
    expect(at(0, true)).toBe(0)
    expect(at(2_999, true)).toBe(0)
    expect(at(3_000, true)).toBe(1)
  })

  it('begins anew when one was not full: new statements are counted before a thread has started', () => {
    const at = watched()
    at(0, true)
    at(2_000, false)
    expect(at(3_500, true)).toBe(0)
    expect(at(6_499, true)).toBe(0)
    expect(at(6_500, true)).toBe(1)
  })
})

describe('the crew', () => {
  const assembled = (cores: number) => {
    let asked = 0
    const crew = createCrew(() => {
      asked += 1
    }, cores)
    const join = () => {
      const { port1, port2 } = new MessageChannel()
      crew.joined(port1)
      return { closed: once(port2, 'close'), port: port2 }
    }
    return { crew, join, asked: () => asked }
  }

  it.each([
    [1, 0],
    [2, 1],
    [4, 3],
    [32, 3],
  ])('of %i cores leaves one to whoever calls, and is %i', (cores, size) => {
    const { crew, asked } = assembled(cores)
    crew.call()
    crew.call()
    expect(asked()).toBe(size)
  })

  it('helps as soon as it is there, and is sent away', async () => {
    const { crew, join } = assembled(2)
    crew.call()
    expect(crew.counters).toHaveLength(0)
    const { closed } = join()
    expect(crew.counters).toHaveLength(1)
    crew.dismiss()
    expect(crew.counters).toHaveLength(0)
    await closed
  })

  it('that comes too late is sent away, and may be called again', async () => {
    const { crew, join, asked } = assembled(2)
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

  it('whose thread has gone fails what it was given', async () => {
    const { crew, join } = assembled(2)
    crew.call()
    const { port } = join()
    const [count] = crew.counters
    const counting = count?.({ name: 'drain', holder: 'one', fence: 1, until: 0 } as never, [])
    port.close()
    await expect(counting).rejects.toMatchObject({ code: 'unavailable' })
  })
})
