import type { AuditRecord, AuditSink } from '../ports/index.ts'

/** Which records to look at; all of them where a field is absent. */
export interface AuditFilter {
  readonly tool?: string
  /** Id of a principal. */
  readonly principal?: string
  readonly conversationId?: string
  readonly callId?: string
  readonly type?: AuditRecord['type']
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number
  /** Likewise, exclusive. */
  readonly until?: number
}

/** How one tool was used by one user. */
export interface ToolUsage {
  readonly toolName: string
  readonly principalId: string | null
  /** Calls that ended. */
  readonly calls: number
  /** Of these, with an output. */
  readonly succeeded: number
  /** Calls that were taken back. */
  readonly undone: number
  /** From the grant to the end, of the calls that began; `null` where none did. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly max: number } | null
}

/** A sink that can be asked. */
export interface AuditLog extends AuditSink {
  /** The records that fit, in the order in which they were kept. */
  query(filter?: AuditFilter): Promise<readonly AuditRecord[]>
  /** One row for each tool and user among them, the most used first. */
  usage(filter?: AuditFilter): Promise<readonly ToolUsage[]>
}

/** Answers from whatever `read` gives, which may know of the filter and leave out what does not fit. */
export function auditLog(
  append: AuditSink['append'],
  read: (filter: AuditFilter) => Promise<readonly AuditRecord[]>,
): AuditLog {
  const query = async (filter: AuditFilter = {}): Promise<readonly AuditRecord[]> => {
    const records = await read(filter)
    return records.filter((record) => fits(record, filter))
  }
  return { append, query, usage: async (filter) => usageOf(await query(filter)) }
}

/** Keeps records in this process, all of them: for tests and development. */
export function memoryAudit(): AuditLog {
  // As text, so that nobody who was given a record can change it here.
  const lines: string[] = []
  return auditLog(
    async (record) => void lines.push(JSON.stringify(record)),
    async () => lines.map((line): AuditRecord => JSON.parse(line)),
  )
}

function fits(record: AuditRecord, filter: AuditFilter): boolean {
  const { since = -Infinity, until = Infinity, tool, principal, ...same } = filter
  const wanted = Object.entries({ ...same, toolName: tool, principalId: principal })
  const fields = new Map<string, unknown>(Object.entries(record))
  return (
    record.at >= since &&
    record.at < until &&
    wanted.every(([field, value]) => value === undefined || fields.get(field) === value)
  )
}

function usageOf(records: readonly AuditRecord[]): readonly ToolUsage[] {
  const groups = new Map<string, AuditRecord[]>()
  for (const record of records) {
    const { toolName, principalId = null, type, state } = record
    const counts = state !== undefined || (type === 'undo' && record.code === undefined)
    if (toolName === undefined || !counts) continue
    const key = JSON.stringify([toolName, principalId])
    groups.set(key, [...(groups.get(key) ?? []), record])
  }
  return [...groups.values()].map(rowOf).toSorted((a, b) => b.calls - a.calls)
}

function rowOf(records: readonly AuditRecord[]): ToolUsage {
  const { toolName = '', principalId = null } = records[0] ?? {}
  const ended = records.filter(({ type }) => type !== 'undo')
  const times = ended.flatMap(({ durationMs }) => durationMs ?? []).toSorted((a, b) => a - b)
  const at = (share: number): number => times[Math.ceil(times.length * share) - 1] ?? 0
  return {
    toolName,
    principalId,
    calls: ended.length,
    succeeded: ended.filter(({ state }) => state === 'output-available').length,
    undone: records.length - ended.length,
    latencyMs: times.length === 0 ? null : { p50: at(0.5), p95: at(0.95), max: at(1) },
  }
}
