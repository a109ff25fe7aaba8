/** What `rollcall policy add` is given: a preset by its name, or a file. */
import { readFileSync } from 'node:fs'
import { presets } from '../metering/presets.ts'

/** What was given on the command line cannot be used. */
export class InputError extends Error {}

/** @throws InputError */
export function readPolicy(name: string, anchor: string | undefined, limit: string | undefined): unknown {
  const preset = presets.find(({ id }) => id === name)
  const given = (preset ?? readJsonFile(name)) as { window?: object; limit?: object }
  return {
    ...given,
    ...(anchor === undefined ? {} : { window: { ...given.window, anchor } }),
    ...(limit === undefined ? {} : { limit: { ...given.limit, included: Number(limit) } }),
  }
}

function readJsonFile(name: string): unknown {
  try {
    return JSON.parse(readFileSync(name, 'utf8'))
  } catch (error) {
    throw new InputError(
      `«${name}» is no preset and no JSON file that can be read: ${(error as Error).message}`,
    )
  }
}
