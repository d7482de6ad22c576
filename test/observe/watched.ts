import { openTelemetry } from '../../src/observe/opentelemetry.ts'
import type { ToolServerOptions } from '../../src/server/index.ts'

/** Options of a server that is watched, and whose health the balancer may see. */
export function watched(options: ToolServerOptions, probeToken: string): ToolServerOptions {
  return {
    ...options,
    // Made once for a process; the SDK of OpenTelemetry is registered before.
    observer: openTelemetry({ agentName: 'shop' }),
    healthAccess: ({ headers }) => headers.get('authorization') === `Bearer ${probeToken}`,
  }
}
