/** Processes that stop in the middle of storing attachments: no statement lacks its bytes, and nobody’s bytes are left. */
import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newTenant } from '../contract/opened.ts'
import { batchOf, statementOf } from '../contract/statement-fixtures.ts'
import type { Call } from '../harness/faults.ts'
import { leftovers, NOTHING_LEFT, newWorld, type TestProcess, type World } from './mongo-processes.ts'

let world: World
let a: TestProcess
let b: TestProcess
let T: string
let bytes: Buffer
let sha2: string
beforeAll(async () => {
  world = await newWorld()
})
afterAll(() => world.close())
beforeEach(() => {
  a = world.start()
  b = world.start()
  T = newTenant()
  bytes = randomBytes(1000)
  sha2 = createHash('sha256').update(bytes).digest('hex')
})

const FUTURE = Number.MAX_SAFE_INTEGER
const isCommit = (call: Call) => JSON.stringify(call.args[1]).includes('"committed"')
async function* source(): AsyncGenerator<Uint8Array> {
  yield bytes
}
/** Stages the bytes and stores a statement that has them, as a request does. */
async function send(by: TestProcess) {
  const staged = await by.attachments.stage(T, sha2, source())
  const statement = statementOf({ attachments: [staged] })
  const stored = by.statements.insert(T, batchOf([statement]))
  // biome-ignore lint/nursery/noMisusedPromises: `finally` waits for it.
  const ended = stored.finally(() => by.attachments.discard(T, [staged]))
  ended.catch(() => undefined)
  return { id: statement.id, ended }
}
const expectBytesOf = async (id: string) => {
  expect(await b.attachments.of(T, [id])).toEqual([{ sha2, bytes: bytes.length }])
  const found = await b.attachments.read(T, sha2)
  expect(found && (await buffer(found)).equals(bytes)).toBe(true)
}
const settled = async () => {
  await world.sweepAfterSilence(b)
  expect(await leftovers(b)).toEqual(NOTHING_LEFT)
}

describe('a process that is killed', () => {
  it('after it has named its file, before its batch is decided: another statement that uses the file keeps it', async () => {
    const named = a.faults.pause('attachments.findOneAndUpdate', 'after')
    await send(a)
    await named.reached
    a.faults.kill()
    const { id, ended } = await send(b)
    expect(await ended).toMatchObject({ outcome: 'stored' })
    await settled()
    expect(await b.attachments.sweep(FUTURE)).toBe(0)
    await expectBytesOf(id)
  })

  it('there leaves nothing for long when nobody else wants the bytes; who comes later brings their own', async () => {
    const named = a.faults.pause('attachments.findOneAndUpdate', 'after')
    const lost = await send(a)
    await named.reached
    a.faults.kill()
    await settled()
    expect(await b.attachments.sweep(0)).toBe(0)
    expect(await b.attachments.sweep(FUTURE)).toBe(1)
    expect(await b.statements.find(T, lost.id)).toBeNull()
    const { id } = await send(b).then(async (sent) => ({ ...sent, outcome: await sent.ended }))
    await expectBytesOf(id)
  })

  it('after its batch is committed, before anything of it is visible: the statement comes with its bytes', async () => {
    const decided = a.faults.pause('journal.findOneAndUpdate', 'after', isCommit)
    const { id } = await send(a)
    await decided.reached
    a.faults.kill()
    expect(await b.attachments.sweep(FUTURE)).toBe(0)
    await settled()
    await expectBytesOf(id)
    expect(await b.attachments.sweep(FUTURE)).toBe(0)
    await expectBytesOf(id)
  })
})

describe('a process that sleeps too long', () => {
  it('and names a file that was swept away meanwhile is refused, and takes the bytes from nobody', async () => {
    const naming = a.faults.pause('attachments.findOneAndUpdate', 'before')
    const late = await send(a)
    await naming.reached
    await settled()
    expect(await b.attachments.sweep(FUTURE)).toBe(1)
    naming.resume()
    await expect(late.ended).rejects.toMatchObject({ code: 'unavailable' })
    await settled()
    const { id, ended } = await send(b)
    expect(await ended).toMatchObject({ outcome: 'stored' })
    await expectBytesOf(id)
    expect(await b.statements.find(T, late.id)).toBeNull()
  })

  it('and applies its batch again after the statement was deleted keeps no bytes of nobody', async () => {
    const referring = a.faults.pause('attachment_references.bulkWrite', 'before')
    const late = await send(a)
    await referring.reached
    await settled()
    expect(await b.removals.purge(T, [late.id], [])).toBe(1)
    referring.resume()
    await late.ended
    const { id, ended } = await send(b)
    expect(await ended).toMatchObject({ outcome: 'stored' })
    expect(await b.removals.purge(T, [id], [])).toBe(1)
    await settled()
    await b.attachments.sweep(FUTURE)
    expect(await b.attachments.read(T, sha2)).toBeNull()
    expect(await b.attachments.sweep(FUTURE)).toBe(0)
  })
})
