import type { AnyTool } from 'toolwire'

/** One start of a handler, written down by the handler itself. */
export interface Run {
  readonly toolCallId: string
  readonly toolName: string
  /** The tab or the server that ran it. */
  readonly by: string
  /** Wall clock, milliseconds since 1970. */
  readonly at: number
}

/**
 * Counts how often handlers begin, outside of toolwire: the ledger of the page compares what toolwire says of a call
 * with what this saw.
 */
export interface Witness {
  /** Kept when it returns or resolves, before the handler does anything. */
  readonly write: (run: Run) => void | Promise<void>
}

/** The same tools; each start of a handler is written down before anything else happens. */
export function witnessed(tools: readonly AnyTool[], witness: Witness, by: string): AnyTool[] {
  return tools.map((tool) => {
    const { execute, name } = tool
    if (!execute) return tool
    return {
      ...tool,
      async execute(input, call) {
        await witness.write({ toolCallId: call.toolCallId, toolName: name, by, at: Date.now() })
        return execute(input, call)
      },
    }
  })
}
