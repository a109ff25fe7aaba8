/** Calls from all ports of the writer, in the order they came; what has gathered while one group was written is the next. */

import type { Call } from '../../calls.ts'
import type { GroupRunner } from './group.ts'

/** Between slices of what is left to do when nobody is waiting; also how often it is tried again on a full disk. */
const PAUSE_MS = 5

/** Returns what takes a call. `finish` gets the call `close`, once everything that came before it is answered. */
export function createCallQueue(group: GroupRunner, finish: (close: Call) => void): (call: Call) => void {
  let waiting: readonly Call[] = []
  const arriving: Call[] = []
  let closing: Call | null = null
  let scheduled = false
  let pause: NodeJS.Timeout | undefined
  const wake = () => {
    if (scheduled) return
    scheduled = true
    clearTimeout(pause)
    setImmediate(turn)
  }
  const turn = () => {
    scheduled = false
    waiting = group.run([...waiting, ...arriving.splice(0)])
    if (waiting.length > 0) wake()
    else if (closing !== null) finish(closing)
    else if (group.unfinished()) pause = setTimeout(wake, PAUSE_MS)
  }
  return (call) => {
    if (call.name === 'close') closing = call
    else arriving.push(call)
    wake()
  }
}
