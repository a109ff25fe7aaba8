/** How far a command has come: a bar on a terminal, a line every tenth elsewhere. */
import cliProgress, { type Options } from 'cli-progress'
import type { Print } from './commands/commands.ts'
import type { Operator } from './control.ts'
import type { Progress } from './lrs/files/task.ts'

const { Format, Presets, SingleBar } = cliProgress

export interface Shown extends Pick<Operator, 'print' | 'fail' | 'progress'> {
  /** The bar gives the terminal back. */
  end(): void
}

export function showProgress(print: Print, fail: Print, terminal = process.stderr.isTTY): Shown {
  return terminal ? bar(print, fail) : tenths(print, fail)
}

function bar(print: Print, fail: Print): Shown {
  const format = '{bar} {percentage} %  {value} of {total}  {duration_formatted}, {eta_formatted} left'
  const shown = new SingleBar(
    { format, stream: process.stderr, etaBuffer: 100, formatTime },
    Presets.shades_classic,
  )
  let started = false
  const end = () => {
    if (started) shown.stop()
    started = false
  }
  return {
    print: (line) => {
      end()
      print(line)
    },
    fail: (line) => {
      end()
      fail(line)
    },
    progress: ({ done, total }) => {
      if (!started) shown.start(total, done)
      started = true
      shown.update(done)
    },
    end,
  }
}

/** Before anything is done the bar asks for a time that is no number. */
export function formatTime(seconds: unknown, options: Options, multiple: number): string {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return '…'
  return Format.TimeFormat(seconds, options, multiple)
}

function tenths(print: Print, fail: Print): Shown {
  let told = 0
  return {
    print,
    fail,
    progress: ({ done, total }: Progress) => {
      const tenth = total === 0 ? 10 : Math.floor((10 * done) / total)
      if (tenth <= told) return
      told = tenth
      print(`${tenth * 10} %  ${done} of ${total}`)
    },
    end: () => undefined,
  }
}

/** Aborted by Ctrl-C or SIGTERM: the work stops at its next step, and what was begun is kept. A second one ends at once. */
export function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}
