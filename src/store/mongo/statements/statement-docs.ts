/** As much of a statement's document as readers are shown. */
import type { StoredStatement } from '../../ports.ts'
import type { StatementDoc } from '../schema/collections.ts'

export const SHOWN = {
  projection: {
    seq: 1,
    id: 1,
    raw: 1,
    stored: 1,
    authority: 1,
    version: 1,
    credential: 1,
    voided: 1,
    tenant: 1,
    claim: 1,
  },
} as const

type Shown = Pick<
  StatementDoc,
  'id' | 'raw' | 'stored' | 'authority' | 'version' | 'credential' | 'voided' | 'seq'
>

export function shownOf({
  seq,
  id,
  raw,
  stored,
  authority,
  version,
  credential,
  voided,
}: Shown): StoredStatement {
  if (seq === undefined) throw new Error('only visible statements are shown')
  return { seq, id, raw, stored, authority, version, credential, voided }
}
