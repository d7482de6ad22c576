/** What differs between servers that speak Chat Completions. Every switch has a default that most accept. */
export interface ChatFlavor {
  /** Asks for usage with `stream_options`; a few old servers refuse the field. Default true. */
  readonly streamOptions?: boolean
  /** The field that bounds the output. Default `max_tokens`. */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens'
  /** How `toolChoice: 'required'` is spelt. Default `required`. */
  readonly requiredToolChoice?: string
  /** Images of tool results go into a user message after the results, or are left out. Default `user-message`. */
  readonly toolResultImages?: 'user-message' | 'omit'
  /** Whether files of tool results may go the same way as images. Default false. */
  readonly toolResultFiles?: boolean
  /** Whether a file of a person may be given by its address; else the model reads the address. Default true. */
  readonly fileUrls?: boolean
  /** Whether a message of the user may follow results, and a request may end with an answer. Default true. */
  readonly freeOrder?: boolean
  /** Which ids of calls the server accepts when they are not its own. Default `any`. */
  readonly callIds?: 'any' | 'max-40' | 'nine-alphanumeric' | 'functions'
  /** Fields of an answer that go back with it unchanged. */
  readonly echo?: readonly string[]
  /** Sends a blank where a message with calls has no `reasoning_content`, since the server insists on one. */
  readonly requireReasoning?: boolean
  /** The header that carries `apiKey`. Default `authorization`, with `Bearer`. */
  readonly keyHeader?: string
  /** What the server takes of JSON Schema in tools. Default `openai`, which is most of it. */
  readonly toolSchema?: 'openai' | 'kimi' | 'gemini' | 'ollama'
}

export type ChatFlavorName =
  | 'compatible'
  | 'openai'
  | 'azure'
  | 'openrouter'
  | 'mistral'
  | 'deepseek'
  | 'kimi'
  | 'groq'
  | 'xai'
  | 'cerebras'
  | 'together'
  | 'gemini'
  | 'vllm'
  | 'llamacpp'
  | 'lmstudio'
  | 'ollama'

const openai: ChatFlavor = {
  maxTokensField: 'max_completion_tokens',
  callIds: 'max-40',
  toolResultFiles: true,
  // "Expected a base64-encoded data URL".
  fileUrls: false,
}

/** Known servers; one without switches is here so that it can be named. */
export const chatFlavors: Readonly<Record<ChatFlavorName, ChatFlavor>> = {
  compatible: {},
  openai,
  azure: { ...openai, keyHeader: 'api-key' },
  openrouter: { toolResultFiles: true },
  mistral: {
    requiredToolChoice: 'any',
    callIds: 'nine-alphanumeric',
    // "Unexpected role 'user' after role 'tool'".
    toolResultImages: 'omit',
    freeOrder: false,
  },
  // Its thinking mode answers 400 to '' and accepts ' '; it takes no images at all.
  deepseek: { requireReasoning: true, toolResultImages: 'omit' },
  kimi: { requireReasoning: true, callIds: 'functions', toolSchema: 'kimi' },
  groq: {},
  xai: {},
  cerebras: {},
  together: {},
  gemini: { toolSchema: 'gemini' },
  vllm: {},
  llamacpp: {},
  lmstudio: {},
  ollama: { toolSchema: 'ollama' },
}

const hosts: readonly (readonly [RegExp, ChatFlavorName])[] = [
  [/(^|\.)openai\.com$/, 'openai'],
  [/\.azure\.com$/, 'azure'],
  [/(^|\.)openrouter\.ai$/, 'openrouter'],
  [/(^|\.)mistral\.ai$/, 'mistral'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/^generativelanguage\.googleapis\.com$/, 'gemini'],
  [/(^|\.)(moonshot\.(ai|cn)|kimi\.com)$/, 'kimi'],
]

/** The flavor of the server at `hostname`. */
export function flavorOf(hostname: string): ChatFlavor {
  const name = hosts.find(([host]) => host.test(hostname))?.[1]
  return chatFlavors[name ?? 'compatible']
}
