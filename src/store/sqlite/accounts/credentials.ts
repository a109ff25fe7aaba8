/** CredentialStore on SQLite. */

import type { Remote } from '../../calls.ts'
import type { Credential, CredentialStore, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'

interface CredentialRow {
  readonly tenant: string
  readonly id: string
  readonly key: string
  readonly label: string
  readonly secretHashes: string
  readonly purpose: Credential['purpose']
  readonly scopes: string
  readonly subAccount: string | null
  readonly created: number
}

const COLUMNS =
  'tenant, id, key, label, secret_hashes AS secretHashes, purpose, scopes, sub_account AS subAccount, created'

export function credentialWrites(db: Database) {
  const insert = db.prepare(
    `INSERT INTO credential (tenant, id, key, label, secret_hashes, purpose, scopes, sub_account, created)
     VALUES (@tenant, @id, @key, @label, @secretHashes, @purpose, @scopes, @subAccount, @created) ON CONFLICT DO NOTHING`,
  )
  const setSecrets = db.prepare('UPDATE credential SET secret_hashes = ? WHERE tenant = ? AND id = ?')
  const remove = db.prepare('DELETE FROM credential WHERE tenant = ? AND id = ?')
  return {
    createCredential: (credential: Credential): 'created' | 'taken' => {
      const added = insert.run({
        ...credential,
        secretHashes: JSON.stringify(credential.secretHashes),
        scopes: JSON.stringify(credential.scopes),
        subAccount: credential.subAccount ?? null,
      }).changes
      return added === 1 ? 'created' : 'taken'
    },
    setCredentialSecrets: (tenant: TenantId, id: string, secretHashes: readonly string[]): boolean =>
      setSecrets.run(JSON.stringify(secretHashes), tenant, id).changes === 1,
    removeCredential: (tenant: TenantId, id: string): boolean => remove.run(tenant, id).changes === 1,
  }
}

export function credentialReads(db: Database) {
  const byKey = db.prepare<[string], CredentialRow>(`SELECT ${COLUMNS} FROM credential WHERE key = ?`)
  const all = db.prepare<[string], CredentialRow>(
    `SELECT ${COLUMNS} FROM credential WHERE tenant = ? ORDER BY created, id`,
  )
  return {
    credentialByKey: (key: string): Credential | null => {
      const row = byKey.get(key)
      return row ? credentialOf(row) : null
    },
    credentials: (tenant: TenantId): readonly Credential[] => all.all(tenant).map(credentialOf),
  }
}

function credentialOf({ subAccount, ...row }: CredentialRow): Credential {
  return {
    ...row,
    secretHashes: JSON.parse(row.secretHashes) as string[],
    scopes: JSON.parse(row.scopes) as string[],
    ...(subAccount !== null && { subAccount }),
  }
}

export function createCredentialStore(
  writes: Remote<ReturnType<typeof credentialWrites>>,
  reads: Remote<ReturnType<typeof credentialReads>>,
): CredentialStore {
  return {
    create: writes.createCredential,
    byKey: reads.credentialByKey,
    list: reads.credentials,
    setSecrets: writes.setCredentialSecrets,
    remove: writes.removeCredential,
  }
}
