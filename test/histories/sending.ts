/** The same statements sent otherwise: each twice, in any order, cut into batches anywhere (ruling 6). */
import fc from 'fast-check'
import type { Act } from './acts.ts'
import type { Deed } from './deeds.ts'
import type { Installation } from './tenant.ts'
import type { Told } from './told.ts'

type Use = Act & { act: 'use' }
type Sent = Deed & { does: 'send' }

export interface Sending {
  readonly uses: readonly Use[]
  readonly order: readonly number[]
  readonly cuts: readonly boolean[]
}

export function sendingOf(some: fc.Arbitrary<readonly Use[]>): fc.Arbitrary<Sending> {
  return some.chain((uses) => {
    const twice = [...uses.keys(), ...uses.keys()]
    return fc.record({
      uses: fc.constant(uses),
      order: fc.shuffledSubarray(twice, { minLength: twice.length }),
      cuts: fc.array(fc.boolean(), { minLength: twice.length, maxLength: twice.length }),
    })
  })
}

/** On paper once and in order, to the store as the sending says. */
export async function send(on: Installation, told: Told, { uses, order, cuts }: Sending): Promise<void> {
  const sent = uses.map((one) => told.perform(one) as Sent)
  for (const [first, ...others] of batches(
    order.map((at) => sent[at] as Sent),
    cuts,
  )) {
    if (!first) continue
    await on.send(
      [first, ...others].map(({ statement }) => statement),
      first.preview,
    )
  }
  await on.settled()
}

/** Each of one credential, without an id twice. */
function batches(sent: readonly Sent[], cuts: readonly boolean[]): readonly (readonly Sent[])[] {
  const found: Sent[][] = []
  sent.forEach((one, at) => {
    const last = found.at(-1)
    if (last && !cuts[at] && last[0]?.preview === one.preview && !last.includes(one)) last.push(one)
    else found.push([one])
  })
  return found
}
