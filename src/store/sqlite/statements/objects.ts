/** The objects that statements were about, each once: found again by the path they lie in. */
import type { TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'

/** Objects remembered as noted; there are few of them and many statements. */
const REMEMBERED = 100_000

/** For writing: notes the object of a statement. */
export function createObjectNotes(
  db: Database,
  context: Pick<WriteContext, 'onRollback'>,
): (tenant: TenantId, object: string) => void {
  const add = db.prepare<[TenantId, string]>(
    'INSERT OR IGNORE INTO object_seen (tenant, object) VALUES (?, ?)',
  )
  const noted = new Set<string>()
  context.onRollback(() => noted.clear())
  return (tenant, object) => {
    const key = `${tenant} ${object}`
    if (noted.has(key)) return
    add.run(tenant, object)
    if (noted.size >= REMEMBERED) noted.clear()
    noted.add(key)
  }
}

/** For reading: the next object after `object` whose path lies below `path`; begin with ''. */
export function objectsBelow(
  db: Database,
): (tenant: TenantId, path: string, object: string) => string | undefined {
  const next = db
    .prepare<[object], string>(
      `SELECT object FROM object_seen
       WHERE tenant = @tenant AND object > max(@path, @object) AND object < @path || char(1114111)
         AND (substr(@path, -1) = '/' OR substr(object, length(@path) + 1, 1) IN ('/', '?', '#'))
       ORDER BY object LIMIT 1`,
    )
    .pluck()
  return (tenant, path, object) => next.get({ tenant, path, object })
}
