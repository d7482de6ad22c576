import type { Store } from '../../src/index.ts'
import {
  type AuditCheck,
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
  storeAudit,
  verifyAudit,
} from '../../src/server/index.ts'

type Heads = Extract<AuditCheck, { ok: true }>['heads']

/** A server with an audit, and what its operator asks that. */
export function auditedServer(options: ToolServerOptions & { readonly store: Store }): {
  server: ToolServer
  /** Tools that were used since a moment, with the slowest first. */
  slowest: (since: number) => Promise<readonly string[]>
  /** Whether all is there and as it was written, back to the heads of the last check. */
  check: (heads?: Heads) => Promise<Heads>
} {
  const audit = storeAudit(options.store)
  return {
    server: createToolServer({ ...options, audit, redact: { keys: ['iban'] } }),
    async slowest(since) {
      const rows = await audit.usage({ since })
      const p95 = (row: (typeof rows)[number]): number => row.latencyMs?.p95 ?? 0
      return rows.toSorted((a, b) => p95(b) - p95(a)).map(({ toolName }) => toolName)
    },
    async check(heads = {}) {
      const found = verifyAudit(await audit.query(), { heads })
      if (!found.ok) throw new Error(`The audit is ${found.problem} at ${found.seq}.`)
      return found.heads
    },
  }
}
