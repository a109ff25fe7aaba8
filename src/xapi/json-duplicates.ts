/** Finds the member name that stands twice in one object. Asked only when there is one, in one pass over the text. */
import { endOfString } from './json-scan.ts'
import { stepOf } from './path.ts'

/** What is open at a point of the text: an object with the names it has had, or an array. */
interface Frame {
  readonly names: Set<string> | null
  expectsName: boolean
  name: string
  index: number
}

/** @returns its JSON path, null when every name is unique; the text must be valid JSON */
export function duplicatePath(text: string): string | null {
  const frames: Frame[] = []
  let at = 0
  while (at < text.length) {
    const top = frames.at(-1)
    if (text[at] !== '"') {
      step(text[at] as string, frames, top)
      at += 1
      continue
    }
    const end = endOfString(text, at)
    if (top?.names && top.expectsName) {
      top.name = JSON.parse(text.slice(at, end)) as string
      top.expectsName = false
      if (top.names.has(top.name)) return pathOf(frames)
      top.names.add(top.name)
    }
    at = end
  }
  return null
}

function step(character: string, frames: Frame[], top: Frame | undefined): void {
  if (character === '{') frames.push({ names: new Set(), expectsName: true, name: '', index: 0 })
  else if (character === '[') frames.push({ names: null, expectsName: false, name: '', index: 0 })
  else if (character === '}' || character === ']') frames.pop()
  else if (character === ',' && top) {
    top.expectsName = true
    top.index += 1
  }
}

function pathOf(frames: readonly Frame[]): string {
  return frames.reduce((path, { names, name, index }) => path + (names ? stepOf(name) : `[${index}]`), '$')
}
