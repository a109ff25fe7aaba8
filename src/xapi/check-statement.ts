/** Statements and SubStatements: the table the other check files lead to (1.0.3 Data §2.2–2.6, 2.0.0 §4.2). */
import {
  type Check,
  type CrossRule,
  checkPresent,
  isJson,
  list,
  may,
  must,
  never,
  octets,
  oneOf,
  problem,
  text,
} from './check.ts'
import { activity, iri, irl, languageMap, statementRef, uuid, verb } from './check-activity.ts'
import { actor, agent, authority, group } from './check-actor.ts'
import { contextOf, result } from './check-context.ts'
import { byObjectType, shape } from './check-shape.ts'
import { isMediaType, isSha2, isTimestamp, isVersion } from './formats.ts'
import type { Version, Violation } from './types.ts'
import { VOIDED } from './voiding.ts'

/** An attachment of this usage type is a JWS over the statement (1.0.3 Data §2.6). */
export const SIGNATURE = 'http://adlnet.gov/expapi/attachments/signature'

const signedAsOctets: CrossRule = ({ usageType, contentType }) =>
  usageType === SIGNATURE && contentType !== 'application/octet-stream'
    ? problem('.contentType', 'a signature is application/octet-stream', 'XAPI-00115')
    : null

const attachment = shape(
  'an Attachment',
  {
    usageType: must('XAPI-00107', iri),
    display: must('XAPI-00106', languageMap),
    description: may('XAPI-00121', languageMap),
    contentType: must('XAPI-00105', text(isMediaType, 'a media type')),
    length: must('XAPI-00102', octets),
    sha2: must('XAPI-00103', text(isSha2, 'the hex digits of a SHA-2')),
    fileUrl: may('XAPI-00104', irl),
  },
  [signedAsOctets],
)

/** `revision` and `platform` describe what happened to an Activity, which an object without objectType is. */
function onlyOfActivities(member: 'revision' | 'platform', requirement: string): CrossRule {
  return ({ object, context }) => {
    if (!isJson(context) || context[member] === undefined || !isJson(object)) return null
    if (object.objectType === undefined || object.objectType === 'Activity') return null
    return problem(`.context.${member}`, 'is allowed only when the object is an Activity', requirement)
  }
}

const ofActivities = [onlyOfActivities('revision', 'XAPI-00084'), onlyOfActivities('platform', 'XAPI-00085')]

const voidsByReference: CrossRule = ({ verb: said, object }) =>
  isJson(said) && said.id === VOIDED && isJson(object) && object.objectType !== 'StatementRef'
    ? problem('.object.objectType', 'a voiding statement has a StatementRef as object', 'XAPI-00017')
    : null

const objects = { Activity: activity, Agent: agent, Group: group, StatementRef: statementRef }

function tableOf(version: Version): Check {
  const timestamp = text((value) => isTimestamp(value, version), 'a timestamp')
  const common = {
    actor: must('XAPI-00003', actor),
    verb: must('XAPI-00004', verb),
    result: may('XAPI-00079', result),
    context: may('XAPI-00086', contextOf(version)),
    timestamp: may('XAPI-00022', timestamp),
    attachments: may('XAPI-00025', list(attachment)),
  }
  const nested = never('XAPI-00071', 'a SubStatement holds no other SubStatement')
  const inner = byObjectType(
    { ...objects, SubStatement: () => nested.check },
    { requirement: 'XAPI-00046', missing: 'Activity' },
  )
  const subStatement = shape(
    'a SubStatement',
    {
      ...common,
      objectType: must('XAPI-00073', oneOf(['SubStatement'])),
      object: must('XAPI-00066', inner),
      id: never('XAPI-00070', 'a SubStatement has no id'),
      stored: never('XAPI-00069', 'a SubStatement has no stored'),
      version: never('XAPI-00068', 'a SubStatement has no version'),
      authority: never('XAPI-00067', 'a SubStatement has no authority'),
    },
    ofActivities,
  )
  const object = byObjectType(
    { ...objects, SubStatement: subStatement },
    { requirement: 'XAPI-00046', missing: 'Activity' },
  )
  return shape(
    'a Statement',
    {
      ...common,
      id: may('XAPI-00027', uuid),
      object: must('XAPI-00005', object),
      stored: may('XAPI-00023', timestamp),
      authority: may('XAPI-00024', authority),
      version: may('XAPI-00101', text(isVersion, 'a version like 1.0.3 or 2.0.0')),
    },
    [...ofActivities, voidsByReference],
  )('XAPI-00014')
}

const TABLES: Readonly<Record<Version, Check>> = { '1.0.3': tableOf('1.0.3'), '2.0.0': tableOf('2.0.0') }

/**
 * Holds a parsed value against the standard: shapes, formats, and rules between members. The value may nest at most as deep
 * as `readJson` allows.
 * @param path where the value stands, e.g. `$[3]` in a batch
 * @returns at most 20 violations; none means that it is a valid Statement of that version
 */
export function checkStatement(value: unknown, version: Version, path = '$'): Violation[] {
  return violations(TABLES[version], value, path)
}

const anAgent = agent('XAPI-00034')
const anActor = actor('XAPI-00031')

/** An Agent, not a Group. */
export function checkAgent(value: unknown, path = '$'): Violation[] {
  return violations(anAgent, value, path)
}

/** An Agent or a Group. */
export function checkActor(value: unknown, path = '$'): Violation[] {
  return violations(anActor, value, path)
}

function violations(check: Check, value: unknown, path: string): Violation[] {
  const found = checkPresent(check, value)
  return found === null ? [] : found.map((one) => ({ ...one, path: path + one.path }))
}
