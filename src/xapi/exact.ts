/** A statement as `exact` shows it: the text that was received, with what the LRS sets in its place. */
import { type MemberSlice, membersOf } from './json-scan.ts'
import { type Edit, splice } from './splice.ts'

export interface KeptStatement {
  readonly raw: string
  readonly id: string
  /** ms. */
  readonly stored: number
  /** JSON text. */
  readonly authority: string
  readonly version: string
}

/**
 * `id` and `timestamp` are added if missing (the timestamp is then `stored`, 1.0.3 Data §2.4.7); `stored`, `authority` and
 * `version` are set; single contextActivities become lists (XAPI-00096), in a SubStatement as well. Everything else is
 * returned byte for byte, so numbers keep every digit (ruling 26).
 * @returns JSON text
 */
export function exactText({ raw, id, stored, authority, version }: KeptStatement): string {
  const members = membersOf(raw)
  const time = JSON.stringify(new Date(stored).toISOString())
  const added: string[] = []
  const edits: Edit[] = []
  const put = (name: string, value: string, replace: boolean): void => {
    const present = members.find((member) => member.name === name)
    if (!present) added.push(`${JSON.stringify(name)}:${value}`)
    else if (replace) edits.push({ start: present.valueStart, end: present.valueEnd, text: value })
  }
  put('id', JSON.stringify(id), false)
  put('timestamp', time, false)
  put('stored', time, true)
  put('authority', authority, true)
  put('version', JSON.stringify(version), true)
  if (added.length > 0) edits.push(appended(members, added))
  edits.push(...listEdits(raw, members))
  const object = members.find(({ name }) => name === 'object')
  if (object && raw[object.valueStart] === '{')
    edits.push(...listEdits(raw, membersOf(raw, object.valueStart)))
  return splice(raw, edits)
}

/** After the last member: a valid statement has some. */
function appended(members: readonly MemberSlice[], added: readonly string[]): Edit {
  const end = members.at(-1)?.valueEnd ?? 1
  return { start: end, end, text: `,${added.join(',')}` }
}

/** Brackets around each context activity that is no list. An object that is no SubStatement has no context. */
function listEdits(text: string, members: readonly MemberSlice[]): Edit[] {
  const context = inside(text, members, 'context')
  return inside(text, context, 'contextActivities')
    .filter(({ valueStart }) => text[valueStart] === '{')
    .flatMap(({ valueStart, valueEnd }) => [
      { start: valueStart, end: valueStart, text: '[' },
      { start: valueEnd, end: valueEnd, text: ']' },
    ])
}

function inside(text: string, members: readonly MemberSlice[], name: string): readonly MemberSlice[] {
  const member = members.find((one) => one.name === name)
  return member ? membersOf(text, member.valueStart) : []
}
