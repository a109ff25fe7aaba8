/** A checked statement, made ready for the store: its id, its index terms, its facts. */
import { factsOf } from '../../attempts/facts.ts'
import type { IncomingStatement } from '../../store/ports.ts'
import { descriptionsIn } from '../../xapi/description.ts'
import { instantOf } from '../../xapi/formats.ts'
import { searchTermsOf } from '../../xapi/search-terms.ts'
import { termsOf } from '../../xapi/terms.ts'
import type { Actor, Version } from '../../xapi/types.ts'
import { referencedId, voidedId } from '../../xapi/voiding.ts'
import { type Caller, may } from '../access/access.ts'
import type { ReceivedStatement } from './read-statements.ts'

type CredentialCaller = Extract<Caller, { kind: 'credential' }>

/** The Agent set as `authority` of everything a credential writes (1.0.3 Data §2.4.9). */
export function authorityOf(caller: CredentialCaller, home: string): Actor {
  return { objectType: 'Agent', name: caller.label, account: { homePage: home, name: caller.key } }
}

/** What a writer without `version` means: 1.0.0 in the 1.0.x family (1.0.3 Data §2.4.10), 2.0.0 in 2.0. */
const DEFAULT_VERSION: Record<Version, string> = { '1.0.3': '1.0.0', '2.0.0': '2.0.0' }

/** @param id lower-case UUID: its own, that of the URL, or a new one */
export function prepareStatement(
  { statement, raw }: Pick<ReceivedStatement, 'statement' | 'raw'>,
  id: string,
  caller: CredentialCaller,
  request: { readonly authority: Actor; readonly version: Version },
): IncomingStatement {
  return {
    id,
    raw,
    timestamp: statement.timestamp === undefined ? null : instantOf(statement.timestamp),
    version: statement.version ?? DEFAULT_VERSION[request.version],
    terms: [
      ...termsOf(statement, { authority: request.authority, credential: caller.id }),
      ...searchTermsOf(statement),
    ],
    voids: voidedId(statement),
    refersTo: referencedId(statement),
    facts: factsOf(statement, {
      statementId: id,
      idGiven: statement.id !== undefined,
      credential: caller.id,
      purpose: caller.purpose,
      subAccount: caller.subAccount,
    }),
    ...(may(caller, 'define activities') && { describes: descriptionsIn(statement, raw) }),
  }
}
