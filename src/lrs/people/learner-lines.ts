/** The CSV of learners, line by line (RFC 4180; columns in any order). */
import { parse } from 'csv-parse/sync'
import { identifierIn } from './identifier-text.ts'

const COLUMNS = ['name', 'email', 'identities', 'teams', 'roles', 'test'] as const
type Column = (typeof COLUMNS)[number]

export interface LineFault {
  /** As an editor counts; 1 is the header. */
  readonly line: number
  readonly column: string
  readonly message: string
}

/** What a line says; a column that is not in the file leaves what was known. */
export interface LearnerLine {
  readonly line: number
  readonly ifis: readonly string[]
  readonly name?: string | null
  readonly teams?: readonly string[]
  readonly roles?: readonly string[]
  readonly test?: boolean
}

export interface LearnerLines {
  readonly lines: readonly LearnerLine[]
  readonly faults: readonly LineFault[]
}

const TEST: Readonly<Record<string, boolean>> = {
  '': false,
  '0': false,
  false: false,
  no: false,
  '1': true,
  true: true,
  yes: true,
}

interface Row {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly lines: number }
}

/** @param homePage of account names that stand alone */
export function learnerLines(text: string, homePage: string | undefined): LearnerLines {
  const read = rowsOf(text)
  if ('fault' in read) return { lines: [], faults: [read.fault] }
  const faults: LineFault[] = []
  const lines: LearnerLine[] = []
  const taken = new Map<string, number>()
  for (const { record, info } of read.rows) {
    const found = lineOf(record, info.lines, homePage)
    const twice = found.line.ifis.filter((ifi) => taken.has(ifi))
    faults.push(
      ...found.faults,
      ...twice.map((ifi) => ({
        line: info.lines,
        column: 'identities',
        message: `«${ifi}» is in line ${taken.get(ifi)} already`,
      })),
    )
    for (const ifi of found.line.ifis) taken.set(ifi, taken.get(ifi) ?? info.lines)
    lines.push(found.line)
  }
  return { lines, faults }
}

function rowsOf(text: string): { readonly rows: readonly Row[] } | { readonly fault: LineFault } {
  try {
    const rows = parse(text, {
      bom: true,
      columns: (header: readonly string[]) => header.map(known),
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as readonly Row[]
    return { rows }
  } catch (error) {
    const { message, lines } = error as Error & { lines?: number }
    return { fault: { line: lines ?? 1, column: '', message } }
  }
}

function known(name: string): Column {
  const column = COLUMNS.find((one) => one === name.trim().toLowerCase())
  if (!column) throw new Error(`there is no column «${name}»; there are ${COLUMNS.join(', ')}`)
  return column
}

function lineOf(
  record: Readonly<Record<string, string>>,
  line: number,
  homePage: string | undefined,
): { readonly line: LearnerLine; readonly faults: readonly LineFault[] } {
  const faults: LineFault[] = []
  const ifis = new Set<string>()
  for (const [column, text] of identifiersIn(record)) {
    const read = identifierIn(text, column === 'email' ? undefined : homePage)
    if ('fault' in read) faults.push({ line, column, message: read.fault })
    else ifis.add(read.ifi)
  }
  if (ifis.size === 0 && faults.length === 0)
    faults.push({ line, column: 'identities', message: 'a line needs an e-mail address or identities' })
  if (record.test !== undefined && TEST[record.test.toLowerCase()] === undefined)
    faults.push({ line, column: 'test', message: `«${record.test}» is neither true nor false` })
  return { line: { line, ifis: [...ifis], ...saidIn(record) }, faults }
}

function saidIn({
  name,
  teams,
  roles,
  test,
}: Readonly<Record<string, string>>): Omit<LearnerLine, 'line' | 'ifis'> {
  return {
    ...(name !== undefined && { name: name === '' ? null : name }),
    ...(teams !== undefined && { teams: listIn(teams) }),
    ...(roles !== undefined && { roles: listIn(roles) }),
    ...(test !== undefined && { test: TEST[test.toLowerCase()] ?? false }),
  }
}

function identifiersIn({ email = '', identities = '' }: Readonly<Record<string, string>>) {
  return [
    ...(email === '' ? [] : [['email', email] as const]),
    ...identities
      .split(/[;\s]+/)
      .filter((text) => text !== '')
      .map((text) => ['identities', text] as const),
  ]
}

function listIn(text: string): readonly string[] {
  const names = text.split(';').map((name) => name.trim())
  return [...new Set(names.filter((name) => name !== ''))].sort()
}
