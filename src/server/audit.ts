import { type World, newErrorId } from '../base/index.ts'
import { AuditTrail } from '../engine/index.ts'
import { AuditWriter, type ErrorReport, type Redact } from '../guards/index.ts'
import type { AuditSink } from '../ports/index.ts'
import type { AnyTool } from '../tools/index.ts'
import type { Call } from '../turn/index.ts'

interface AuditContext {
  readonly redact: Redact
  readonly toolOf: (call: Call) => AnyTool | null
  readonly world: World
  readonly onError: (report: ErrorReport) => void
}

/** What writes the audit of a server; nothing where nobody asked for one. */
export function auditOf(
  { audit: sink }: { readonly audit?: AuditSink },
  { redact, toolOf, world, onError }: AuditContext,
): { readonly trail: AuditTrail | null; readonly writer: AuditWriter | null } {
  if (!sink) return { trail: null, writer: null }
  const report = (error: unknown): void => onError({ errorId: newErrorId(world), error })
  const writer = new AuditWriter({ sink, world, onError: report })
  return { trail: new AuditTrail({ writer, redact, toolOf, now: () => world.now() }), writer }
}
