/** Documents of the State, Activity Profile and Agent Profile resources. */
import type { LaunchRecord } from '../../attempts/derivation.ts'
import type { DocumentPlace, DocumentScope, KeptDocument } from '../../xapi/document.ts'
import type { TenantId } from './page.ts'

export interface StoredDocument extends KeptDocument {
  /** ms; strictly grows with each change of a document, whoever counts (lrs/statements/documents.ts). */
  readonly updated: number
  /** Another one with each change: what a change was decided on. */
  readonly revision: string
}

export interface DocumentStore {
  /** Bytes of the largest body it can keep; null: no limit of its own. */
  readonly largest: number | null
  read(tenant: TenantId, place: DocumentPlace): Promise<StoredDocument | null>
  /**
   * The ids in a scope, each once, ascending; `updated`: of the newest of them, null when there is none.
   * @param since exclusive, ms
   */
  list(
    tenant: TenantId,
    scope: DocumentScope,
    since?: number,
  ): Promise<{ readonly ids: readonly string[]; readonly updated: number | null }>
  /**
   * Puts the document there if what is there has the revision `expected` (null: if nothing is); of racers one wins. `launch`
   * is what the document says of a launch (ruling 21): it is in the learner's history, and the learner marked, before this
   * resolves, and also when the process ends in between. The same record again changes nothing.
   * @returns whether it did; nothing has changed otherwise
   */
  write(
    tenant: TenantId,
    place: DocumentPlace,
    document: StoredDocument,
    condition: { readonly expected: string | null; readonly launch?: LaunchRecord },
  ): Promise<boolean>
  /** Removes it if it has this revision. @returns whether it did */
  remove(tenant: TenantId, place: DocumentPlace, expected: string): Promise<boolean>
  /** Removes all in the scope. Cut off, it may have removed some of them: it is asked again. */
  removeAll(tenant: TenantId, scope: DocumentScope): Promise<void>
}
