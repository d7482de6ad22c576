import { ToolwireError } from '../../base/index.ts'
import type { Backend } from './backend.ts'
import { type Migration, migrations } from './migrations.ts'
import { rebuildAll } from './rebuild.ts'
import type { Db } from './tables.ts'
import { answerLost, guarded, inTransaction } from './transaction.ts'

/** Brings the database to the newest schema, in one transaction; one that is newer than this version is refused. */
export async function migrate(
  backend: Backend,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  // A store that is up to date is only read: its user may have no right to more.
  if ((await guarded(backend, () => knownVersion(backend, steps))) === steps.length) return
  const result = await inTransaction(backend, async (db) => {
    await backend.lockSchema(db)
    await db.schema
      .createTable('toolwire_schema')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.notNull().primaryKey())
      .addColumn('version', 'bigint', (column) => column.notNull())
      .execute()
    const version = (await versionOf(db)) ?? 0
    checkVersion(version, steps)
    for (const step of steps.slice(version)) await step(db)
    if (version > 0 && version < steps.length) await rebuildAll(db)
    await db
      .insertInto('toolwire_schema')
      .values({ name: 'toolwire', version: steps.length })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ version: steps.length }))
      .execute()
  })
  if (result === answerLost)
    throw new ToolwireError('STORE_FAILED', 'The connection broke while the store was set up.', {
      hint: 'Open it again: it is either as before or done.',
    })
}

async function knownVersion(
  { db, isMissingTable }: Backend,
  steps: readonly Migration[],
): Promise<number | undefined> {
  try {
    const version = await versionOf(db)
    checkVersion(version ?? 0, steps)
    return version
  } catch (error) {
    if (isMissingTable(error)) return undefined
    throw error
  }
}

async function versionOf(db: Db): Promise<number | undefined> {
  const row = await db
    .selectFrom('toolwire_schema')
    .select('version')
    .where('name', '=', 'toolwire')
    .executeTakeFirst()
  return row && Number(row.version)
}

function checkVersion(version: number, { length: newest }: readonly Migration[]): void {
  if (version <= newest) return
  throw new ToolwireError(
    'STORE_NEWER',
    `The store has format ${version}, and this version of toolwire knows formats up to ${newest}.`,
    { hint: 'Update toolwire. Nothing was changed.' },
  )
}
