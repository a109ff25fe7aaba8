/** From a line of an import to a statement ready to be stored, or why it cannot be (ruling 37). */
import { v5 as uuidV5 } from 'uuid'
import { NAMESPACE } from '../../attempts/namespace.ts'
import type { IncomingStatement, Provenance } from '../../store/ports.ts'
import { checkStatement } from '../../xapi/check-statement.ts'
import { instantOf } from '../../xapi/formats.ts'
import { membersOf, readJson } from '../../xapi/json.ts'
import type { Actor, Statement, Version, Violation } from '../../xapi/types.ts'
import type { Caller } from '../access/access.ts'
import { authorityOf, prepareStatement } from '../statements/prepare-statement.ts'
import type { Line } from './lines.ts'

type CredentialCaller = Extract<Caller, { kind: 'credential' }>

/** Who an import writes as: no credential of anybody, so nothing but the import itself can have written it. */
export interface ImportWriter {
  readonly caller: CredentialCaller
  readonly authority: Actor
  readonly authorityText: string
}

export function importWriter(
  { tenant, name, purpose }: { tenant: string; name: string; purpose: CredentialCaller['purpose'] },
  home: string,
): ImportWriter {
  const id = `import:${name}`
  const caller: CredentialCaller = {
    kind: 'credential',
    tenant,
    id,
    key: id,
    label: `Import ${name}`,
    purpose,
    scopes: ['all'],
  }
  const authority = authorityOf(caller, home)
  return { caller, authority, authorityText: JSON.stringify(authority) }
}

export interface ImportedLine {
  readonly line: number
  readonly version: Version
  readonly statement: IncomingStatement
}

export interface LineFault {
  readonly line: number
  readonly fault: Violation
}

const RULING = 'ruling 37'
const NAME_SPACE = uuidV5(`${NAMESPACE}import`, uuidV5.URL)

/** The same line of the same file always gets the same id, so that an import can be repeated. */
function idOfLine(hash: string, line: number): string {
  return uuidV5(`${hash}:${line}`, NAME_SPACE)
}

/** @param source the file's hash and the present, ms; @returns null for an empty line */
export function readLine(
  { number: line, bytes }: Line,
  writer: ImportWriter,
  source: { readonly hash: string; readonly now: number },
): ImportedLine | LineFault | null {
  if (bytes === null) return fault(line, 'is longer than 16 MB')
  if (isBlank(bytes)) return null
  const json = readJson(bytes)
  if ('violation' in json) return { line, fault: json.violation }
  const { value, text } = json
  const version = versionOf(value)
  const [violation] = checkStatement(value, version)
  if (violation) return { line, fault: violation }
  const statement = value as Statement
  const id = statement.id?.toLowerCase() ?? idOfLine(source.hash, line)
  const raw = text.trim()
  const prepared = prepareStatement({ statement, raw }, id, writer.caller, {
    authority: writer.authority,
    version,
  })
  return { line, version, statement: { ...prepared, provenance: provenanceOf(statement, raw, source.now) } }
}

/** A line says itself which version it is; without, it is 1.0.x (1.0.3 Data §2.4.10). */
function versionOf(value: unknown): Version {
  const { version } = (typeof value === 'object' && value !== null ? value : {}) as { version?: unknown }
  return typeof version === 'string' && version.startsWith('2.') ? '2.0.0' : '1.0.3'
}

/** A time of receipt that is still to come is not believed. */
function provenanceOf(statement: Statement, raw: string, now: number): Provenance {
  const received = statement.stored === undefined ? null : instantOf(statement.stored)
  const authority =
    statement.authority === undefined ? undefined : membersOf(raw).find(({ name }) => name === 'authority')
  return {
    received: received !== null && received <= now ? received : null,
    authority: authority ? raw.slice(authority.valueStart, authority.valueEnd) : null,
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13)
}

function fault(line: number, message: string): LineFault {
  return { line, fault: { path: '$', message, requirement: RULING } }
}
