// Who decodes: this package, the vendor's own helper, and the provider of the AI SDK.
import Anthropic from '@anthropic-ai/sdk'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model } from '../../src/ports/index.ts'
import type { Format } from './streams.ts'

/** A call as it came out. */
export interface DecodedCall {
  readonly name: string
  readonly input: unknown
}

/** Sends one request, which `fetch` answers, and reads all of the answer. */
export type Contender = (fetch: typeof globalThis.fetch) => Promise<readonly DecodedCall[]>

const ask = 'Go.'
const apiKey = 'none'
const model = 'm'

export const contenders: Readonly<Record<Format, Readonly<Record<string, Contender>>>> = {
  'openai-chat': {
    toolwire: ours((fetch) => openaiChat({ model, apiKey, fetch })),
    openai: async (fetch) => {
      const client = new OpenAI({ apiKey, fetch, maxRetries: 0 })
      const messages = [{ role: 'user' as const, content: ask }]
      const stream = client.chat.completions.stream({
        model,
        messages,
        stream_options: { include_usage: true },
      })
      const { choices } = await stream.finalChatCompletion()
      return (choices[0]?.message.tool_calls ?? []).map((call) =>
        'function' in call ? parsed(call.function) : { name: '', input: undefined },
      )
    },
    '@ai-sdk/openai': provider((fetch) => createOpenAI({ apiKey, fetch }).chat(model)),
    '@ai-sdk/openai-compatible': provider((fetch) =>
      createOpenAICompatible({ name: 'any', baseURL: 'http://any', apiKey, fetch }).chatModel(
        model,
      ),
    ),
  },
  'openai-responses': {
    toolwire: ours((fetch) => openaiResponses({ model, apiKey, fetch })),
    openai: async (fetch) => {
      const client = new OpenAI({ apiKey, fetch, maxRetries: 0 })
      const { output } = await client.responses.stream({ model, input: ask }).finalResponse()
      return output.filter((item) => item.type === 'function_call').map(parsed)
    },
    '@ai-sdk/openai': provider((fetch) => createOpenAI({ apiKey, fetch }).responses(model)),
  },
  anthropic: {
    toolwire: ours((fetch) => anthropic({ model, apiKey, fetch })),
    '@anthropic-ai/sdk': async (fetch) => {
      const client = new Anthropic({ apiKey, fetch, maxRetries: 0 })
      const messages = [{ role: 'user' as const, content: ask }]
      const stream = client.messages.stream({ model, max_tokens: 1_000, messages })
      const { content } = await stream.finalMessage()
      return content
        .filter((block) => block.type === 'tool_use')
        .map(({ name, input }) => ({ name, input }))
    },
    '@ai-sdk/anthropic': provider((fetch) => createAnthropic({ apiKey, fetch })(model)),
  },
  gemini: {
    toolwire: ours((fetch) => gemini({ model, apiKey, fetch })),
    '@google/genai': async (fetch) => {
      const client = new GoogleGenAI({ apiKey, httpOptions: { fetch } })
      const calls: DecodedCall[] = []
      for await (const chunk of await client.models.generateContentStream({ model, contents: ask }))
        for (const { functionCall } of chunk.candidates?.[0]?.content?.parts ?? [])
          if (functionCall) calls.push({ name: functionCall.name ?? '', input: functionCall.args })
      return calls
    },
    '@ai-sdk/google': provider((fetch) => createGoogle({ apiKey, fetch })(model)),
  },
  // Nobody else's helper is installed for these.
  ollama: { toolwire: ours((fetch) => ollama({ model, fetch })) },
  'cohere-v2': { toolwire: ours((fetch) => cohere({ model, apiKey, fetch })) },
}

function ours(open: (fetch: typeof globalThis.fetch) => Model): Contender {
  return async (fetch) => {
    const calls: DecodedCall[] = []
    for await (const event of open(fetch).stream({ messages: [] }))
      if (event.type === 'tool-input-end') calls.push({ name: event.toolName, input: event.input })
    return calls
  }
}

type Provider = ReturnType<ReturnType<typeof createOpenAI>['chat']>

function provider(open: (fetch: typeof globalThis.fetch) => Provider): Contender {
  return async (fetch) => {
    const calls: DecodedCall[] = []
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: ask }] }]
    const { stream } = await open(fetch).doStream({ prompt })
    const reader = stream.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return calls
      if (value.type === 'tool-call' && !value.providerExecuted)
        calls.push(parsed({ name: value.toolName, arguments: value.input }))
    }
  }
}

function parsed({ name, arguments: text }: { name: string; arguments: string }): DecodedCall {
  try {
    return { name, input: JSON.parse(text || '{}') }
  } catch {
    return { name, input: undefined }
  }
}
