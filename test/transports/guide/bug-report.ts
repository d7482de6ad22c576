import {
  type ToolClient,
  type ToolClientOptions,
  createToolClient,
} from '../../../src/client/index.ts'
import { type Replay, recordFrames, replayFrames } from '../../../src/testing/index.ts'

/** In the application: a client whose session can be attached to a report. */
export function reportingClient(options: ToolClientOptions): {
  readonly client: ToolClient
  readonly report: () => string
} {
  const recorder = recordFrames({ redact: withoutFiles })
  const transport = recorder.transport(options.transport)
  return { client: createToolClient({ ...options, transport }), report: () => recorder.text() }
}

/** At your desk: a fresh client, which is shown what that one was shown once it is told the same. */
export function clientOfReport(
  report: string,
  options: Omit<ToolClientOptions, 'transport'>,
): { readonly client: ToolClient; readonly replay: Replay } {
  const replay = replayFrames(report, {
    redact: withoutFiles,
    ...(options.world && { world: options.world }),
  })
  return { client: createToolClient({ ...options, transport: replay }), replay }
}

/** What people attached is nobody's business; a frame is plain JSON. */
function withoutFiles(frame: unknown): unknown {
  const text = JSON.stringify(frame)
  return JSON.parse(text.replaceAll(/"data:[^"]*"/g, '"data:text/plain,removed"'))
}
