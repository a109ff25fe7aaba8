/** State documents that tell of a launch (issue 6, 3): what goes into the learner's history together with the document. */
import type { LaunchRecord } from '../../attempts/derivation.ts'
import { launchIn, tellsOfLaunch } from '../../attempts/launch-documents.ts'
import type { StoredDocument } from '../../store/ports.ts'
import { type DocumentPlace, isJsonType } from '../../xapi/document.ts'
import { readJson } from '../../xapi/json.ts'
import type { credentialOf } from '../access/access.ts'

/** @param activityId as it was sent: attempts are known by it, letter for letter */
export function launchToldBy(
  { purpose }: ReturnType<typeof credentialOf>,
  { resource, id, agent, registration }: DocumentPlace,
  activityId = '',
): (document: StoredDocument) => LaunchRecord | null {
  if (resource !== 'state' || !tellsOfLaunch(id)) return () => null
  return ({ body, contentType, updated }) => {
    const json = isJsonType(contentType) ? readJson(body) : null
    if (json === null || 'violation' in json) return null
    return launchIn({
      stateId: id,
      activityId,
      learner: agent,
      registration: registration === '' ? undefined : registration,
      value: json.value,
      purpose,
      at: updated,
    })
  }
}
