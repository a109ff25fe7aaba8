/**
 * A counted row as a snapshot seals it (counting §4.1, ruling 17): a token for who, a commitment to the evidence. Names and
 * evidence lie beside it and can be erased; the root over the rows stays verifiable.
 */
import { createHash, createHmac } from 'node:crypto'

/** What proves the row; the members of metering's Evidence. */
export interface SealedEvidence {
  readonly statementId: string
  /** Effective time and received time, ms. */
  readonly at: number
  readonly stored: number
  readonly rule: string
}

/** All that the root covers. */
export interface SealedRow {
  readonly token: string
  readonly commitment: string
}

/** Never in an identifier or a key of ours, so parts cannot run into each other. */
const BETWEEN = '\n'

/**
 * Stands for an identifier (canonical, attempts/identity.ts) counted under a key. Whoever has not the window's secret cannot
 * guess it; once the secret is destroyed nobody can.
 */
export function tokenOf(secret: string, identifier: string, key: string): string {
  return createHmac('sha256', secret).update([identifier, key].join(BETWEEN)).digest('base64url')
}

/** @param salt random, one for each row, erased with the evidence */
export function commitmentOf(salt: string, { statementId, at, stored, rule }: SealedEvidence): string {
  return createHmac('sha256', salt)
    .update(JSON.stringify([statementId, at, stored, rule]))
    .digest('base64url')
}

/** SHA-256 over rows given in ascending order of their tokens, each `token commitment\n`. */
export interface RowsRoot {
  /** @throws RangeError when a row does not come after the one before: two rows of one token, or another order */
  add(row: SealedRow): void
  /** Hex; nothing can be added after it. */
  end(): { readonly root: string; readonly count: number }
}

export function rowsRoot(): RowsRoot {
  const hash = createHash('sha256')
  let last = ''
  let count = 0
  return {
    add: ({ token, commitment }) => {
      if (token <= last) throw new RangeError('rows of a snapshot come in ascending order of their tokens')
      last = token
      count += 1
      hash.update(`${token} ${commitment}\n`)
    },
    end: () => ({ root: hash.digest('hex'), count }),
  }
}
