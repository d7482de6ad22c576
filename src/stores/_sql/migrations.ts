import type { Db } from './tables.ts'

/** One step from a schema to the next. It never changes once it was released; a new one goes behind the last. */
export type Migration = (db: Db) => Promise<void>

/** From an empty database to the newest schema. Tables but that of the events are filled by `rebuild` afterwards. */
export const migrations: readonly Migration[] = [first]

async function first({ schema }: Db): Promise<void> {
  await schema
    .createTable('toolwire_events')
    .addColumn('conversation_id', 'text', (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('toolwire_events_pk', ['conversation_id', 'version'])
    .execute()
  await schema
    .createIndex('toolwire_events_by_type')
    .on('toolwire_events')
    .columns(['conversation_id', 'type', 'version'])
    .execute()
  await conversations({ schema })
  await executions({ schema })
  await audit({ schema })
}

async function conversations({ schema }: Pick<Db, 'schema'>): Promise<void> {
  await schema
    .createTable('toolwire_conversations')
    .addColumn('id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('is_audit', 'integer', (column) => column.notNull())
    .addColumn('owner_id', 'text')
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .execute()
  await schema
    .createIndex('toolwire_conversations_by_time')
    .on('toolwire_conversations')
    .columns(['is_audit', 'updated_at', 'id'])
    .execute()
  await schema
    .createIndex('toolwire_conversations_by_owner')
    .on('toolwire_conversations')
    .columns(['owner_id', 'updated_at', 'id'])
    .execute()
}

async function executions({ schema }: Pick<Db, 'schema'>): Promise<void> {
  await schema
    .createTable('toolwire_executions')
    .addColumn('conversation_id', 'text', (column) => column.notNull())
    .addColumn('call_id', 'text', (column) => column.notNull())
    .addColumn('tool_name', 'text', (column) => column.notNull())
    .addColumn('principal_id', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('is_asked', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('toolwire_executions_pk', ['conversation_id', 'call_id'])
    .execute()
  for (const by of ['tool_name', 'principal_id', 'state'])
    await schema
      .createIndex(`toolwire_executions_by_${by}`)
      .on('toolwire_executions')
      .columns([by, 'created_at', 'call_id'])
      .execute()
  await schema
    .createIndex('toolwire_executions_by_time')
    .on('toolwire_executions')
    .columns(['created_at', 'call_id'])
    .execute()
}

async function audit({ schema }: Pick<Db, 'schema'>): Promise<void> {
  await schema
    .createTable('toolwire_audit')
    .addColumn('log_id', 'text', (column) => column.notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('tool_name', 'text')
    .addColumn('principal_id', 'text')
    .addColumn('conversation_id', 'text', (column) => column.notNull())
    .addColumn('call_id', 'text')
    .addPrimaryKeyConstraint('toolwire_audit_pk', ['log_id', 'version'])
    .execute()
  for (const by of ['tool_name', 'principal_id', 'conversation_id'])
    await schema
      .createIndex(`toolwire_audit_by_${by}`)
      .on('toolwire_audit')
      .columns(['log_id', by, 'version'])
      .execute()
}
