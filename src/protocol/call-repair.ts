/** The built-in repairs of a call; each can be switched by itself. */
export type RepairStage =
  /** Takes away what stands around the input: a byte order mark, a Markdown fence, words behind it, a `{}` before it. */
  | 'code-fence'
  /** Reads an input that is a JSON string of JSON. */
  | 'double-encoded'
  /** Reads JSON with trailing commas, comments, other quotes and what else means one thing only. */
  | 'tolerant-syntax'
  /** Makes several calls of several inputs one behind the other. */
  | 'split'
  /** Makes the calls that a `multi_tool_use.parallel` holds. */
  | 'parallel-wrapper'
  /** Finds the tool that a name means. */
  | 'tool-name'
  /** Gives values the type that the schema asks for, where nothing is lost. */
  | 'coerce'

/**
 * What is wrong with a call: its input is no JSON object, or only the beginning of one, or does not fit the
 * schema, or there is no such tool.
 */
export type RepairReason = 'malformed' | 'truncated' | 'schema' | 'unknown-tool'

/** A call as text, before or after a repair. */
export interface CallText {
  readonly toolName: string
  readonly inputText: string
}

/** One repair that a call went through, by a built-in stage or by the hook of the host. */
export interface CallRepair {
  readonly stage: RepairStage | 'hook'
  readonly reason: RepairReason
  readonly before: CallText
  readonly after: CallText
}
