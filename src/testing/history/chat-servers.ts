/** What one server of Chat Completions insists on beside what all do. */
export interface ChatServerRules {
  /** Which ids of calls it takes. */
  readonly callId?: { readonly pattern: RegExp; readonly says: string }
  /** Takes no message of the user directly behind a result. */
  readonly noUserAfterTool?: boolean
  /** Takes no history that ends with an answer, unless that is marked as the beginning of the next. */
  readonly noAssistantLast?: boolean
  /** Takes files as data only, by no address. */
  readonly filesAsData?: boolean
  /** Wants the reasoning of each message with calls back, or anything in its place. */
  readonly reasoning?: boolean
}

const openai: ChatServerRules = {
  // "Expected a string with maximum length 40": https://github.com/vercel/ai/issues/5171
  callId: { pattern: /^.{1,40}$/s, says: 'at most 40 characters' },
  // "Expected a base64-encoded data URL": https://github.com/vercel/ai/issues/7266
  filesAsData: true,
}

/** By the name of the flavor. */
export const chatServers: Readonly<Record<string, ChatServerRules>> = {
  openai,
  azure: openai,
  mistral: {
    // "must be a-z, A-Z, 0-9, with a length of 9": https://github.com/anomalyco/opencode/issues/1680
    callId: { pattern: /^[a-zA-Z0-9]{9}$/, says: 'nine letters and digits' },
    // "Unexpected role 'user' after role 'tool'": https://github.com/LibreChat-AI/agents/issues/344
    noUserAfterTool: true,
    // "Expected last role User or Tool (or Assistant with prefix True)": https://github.com/crewAIInc/crewAI/issues/2194
    noAssistantLast: true,
  },
  // "The `reasoning_content` in the thinking mode must be passed back": https://github.com/earendil-works/pi/issues/3636
  deepseek: { reasoning: true },
  kimi: {
    // Another form breaks the turns that follow: https://github.com/vybestack/llxprt-code/issues/713
    callId: { pattern: /^functions\.[^:]+:\d+$/, says: 'of the form "functions.name:0"' },
    // "reasoning_content is missing in assistant tool call message": https://github.com/continuedev/continue/issues/11600
    reasoning: true,
  },
}
