import { getRequestListener } from '@hono/node-server'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import type {
  LanguageModelV4 as Model,
  LanguageModelV4StreamPart as Part,
  LanguageModelV4Usage as Usage,
} from '@ai-sdk/provider'
import {
  AbstractChat,
  type ChatState,
  DefaultChatTransport,
  type UIMessage,
  WebSocketChatTransport,
  convertToModelMessages,
  lastAssistantMessageIsCompleteWithToolCalls,
  safeValidateWebSocketChatTransportRequest,
  streamText,
  toUIMessageStream,
  tool,
} from 'ai'
import { WebSocket, WebSocketServer } from 'ws'
import * as z from 'zod'
import {
  type OpenSession,
  type Session,
  countingHost,
  page,
  readTool,
  steps,
  textOf,
  think,
} from './task.ts'

/** `Chat` of the AI SDK, as its documentation connects it: `streamText` behind a POST, or behind a socket. */
export function aiSdk(wire: Wire, thinkMs = 0): OpenSession {
  return () => openChat(languageModel(thinkMs), wire)
}

/** The same with the model behind HTTP at `baseURL`, through their own provider. */
export function aiSdkOver(baseURL: string, wire: Wire): OpenSession {
  const provider = createOpenAICompatible({ name: 'scripted', baseURL, apiKey: 'none' })
  return () => openChat(provider('scripted'), wire)
}

type Wire = 'http' | 'websocket'

async function openChat(model: Model, wire: Wire): Promise<Session> {
  const tools = {
    read: tool({ ...readTool, outputSchema: z.string() }),
  }
  const answer = async (messages: UIMessage[]) =>
    streamText({ model, tools, messages: await convertToModelMessages(messages) })
  const host = await countingHost(
    getRequestListener(async (request) => {
      const { messages } = (await request.json()) as { messages: UIMessage[] }
      return (await answer(messages)).toUIMessageStreamResponse()
    }),
  )
  const sockets = new WebSocketServer({ server: host.http })
  sockets.on('connection', (socket) => serve(socket, answer))
  const transport =
    wire === 'http'
      ? new DefaultChatTransport({ api: `http://${host.address}/` })
      : new WebSocketChatTransport({ url: `ws://${host.address}/`, webSocket: WebSocket })
  return {
    bytesUp: host.bytesUp,
    play: (onRun) =>
      new Promise((resolve, reject) => {
        const chat: Chat = new Chat({
          state: new State(),
          transport,
          sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
          onError: reject,
          onToolCall({ toolCall: { toolCallId, input } }) {
            const { step } = input as { step: number }
            onRun(step)
            void chat.addToolOutput({ tool: 'read', toolCallId, output: page(step) })
          },
          onFinish({ message }) {
            const last = message.parts.at(-1)
            if (last?.type === 'text' && last.text === 'Done.') resolve(last.text)
          },
        })
        void chat.sendMessage({ text: 'Go.' })
      }),
    close() {
      if ('close' in transport) transport.close()
      return host.close()
    },
  }
}

/** The server of their `WebSocketChatTransport`, as its reference outlines it. */
function serve(
  socket: WebSocket,
  answer: (messages: UIMessage[]) => Promise<ReturnType<typeof streamText>>,
): void {
  const take = async (text: string): Promise<void> => {
    const value: unknown = JSON.parse(text)
    const checked = await safeValidateWebSocketChatTransportRequest({ value })
    if (!checked.success) throw checked.error
    if (checked.data.type !== 'send') return
    const { requestId, messages } = checked.data
    let sequence = 0
    for await (const chunk of toUIMessageStream({ stream: (await answer(messages)).stream }))
      socket.send(JSON.stringify({ type: 'chunk', requestId, sequence: sequence++, chunk }))
    socket.send(JSON.stringify({ type: 'end', requestId }))
  }
  socket.on('message', (data) => void take(textOf(data)))
}

class Chat extends AbstractChat<UIMessage> {}

/** What a framework would observe. */
class State implements ChatState<UIMessage> {
  status: ChatState<UIMessage>['status'] = 'ready'
  error: Error | undefined = undefined
  messages: UIMessage[] = []
  readonly snapshot = <T>(thing: T): T => structuredClone(thing)

  pushMessage(message: UIMessage): void {
    this.messages = [...this.messages, message]
  }

  popMessage(): void {
    this.messages = this.messages.slice(0, -1)
  }

  replaceMessage(index: number, message: UIMessage): void {
    this.messages = this.messages.with(index, structuredClone(message))
  }
}

/** The same script, in the words of the AI SDK. */
function languageModel(thinkMs: number): Model {
  return {
    specificationVersion: 'v4',
    provider: 'scripted',
    modelId: 'scripted',
    supportedUrls: {},
    doGenerate() {
      throw new Error('It only streams.')
    },
    async doStream({ prompt }) {
      await think(thinkMs)
      const step = prompt.filter(({ role }) => role === 'tool').length
      return { stream: streamOf(partsOf(step)) }
    },
  }
}

function streamOf(parts: Iterable<Part>): ReadableStream<Part> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part)
      controller.close()
    },
  })
}

function* partsOf(step: number): Generator<Part> {
  const id = 'text'
  yield { type: 'stream-start', warnings: [] }
  yield { type: 'text-start', id }
  yield { type: 'text-delta', id, delta: step < steps ? `Page ${step}. ` : 'Done.' }
  yield { type: 'text-end', id }
  if (step < steps) {
    const [toolCallId, toolName] = [`call_${step}`, 'read']
    const input = JSON.stringify({ step })
    yield { type: 'tool-input-start', id: toolCallId, toolName }
    yield { type: 'tool-input-delta', id: toolCallId, delta: input }
    yield { type: 'tool-input-end', id: toolCallId }
    yield { type: 'tool-call', toolCallId, toolName, input }
  }
  const reason = step < steps ? 'tool-calls' : 'stop'
  yield { type: 'finish', finishReason: { unified: reason, raw: reason }, usage: noUsage }
}

const noUsage: Usage = {
  inputTokens: {
    total: undefined,
    noCache: undefined,
    cacheRead: undefined,
    cacheWrite: undefined,
  },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
}
