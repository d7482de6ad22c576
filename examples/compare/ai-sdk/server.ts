// The guides "Chatbot Tool Usage", "Chatbot Message Persistence" and "Chatbot Resume Streams", put together.
import { EventEmitter } from 'node:events'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  UI_MESSAGE_STREAM_HEADERS,
  convertToModelMessages,
  createUIMessageStreamResponse,
  generateId,
  streamText,
  toUIMessageStream,
} from 'ai'
import { Hono } from 'hono'
import {
  type Publisher,
  type ResumableStreamContext,
  type Subscriber,
  createResumableStreamContext,
} from 'resumable-stream/generic'
import { system } from '../tools.ts'
import { ChatStore } from './chat-store.ts'
import { type ChatMessage, type PageTools, tools } from './tools.ts'

export interface AppOptions {
  readonly folder: string
  readonly modelUrl: string
}

export function aiSdkRoutes({ folder, modelUrl }: AppOptions): Hono {
  const chats = new ChatStore(folder)
  const streams = resumableStreams()
  const active = new Map<string, AbortController>()
  const model = createOpenAICompatible({ name: 'scripted', baseURL: modelUrl })('scripted')

  return new Hono()
    .get('/api/chat/:id', (context) => context.json(chats.read(context.req.param('id')).messages))
    .post('/api/chat', async (context) => {
      const { id, messages }: { id: string; messages: ChatMessage[] } = await context.req.json()
      const streamId = generateId()
      const stop = new AbortController()
      active.set(streamId, stop)
      // Clears any previous active stream.
      chats.save(id, { messages, activeStreamId: null })
      const result = streamText({
        model,
        instructions: system,
        messages: await convertToModelMessages(messages, { tools }),
        tools,
        abortSignal: stop.signal,
      })
      return createUIMessageStreamResponse({
        stream: toUIMessageStream<PageTools, ChatMessage>({
          stream: result.stream,
          originalMessages: messages,
          generateMessageId: generateId,
          onError: String,
          onEnd({ messages: all }) {
            active.delete(streamId)
            if (!stop.signal.aborted) chats.save(id, { messages: all, activeStreamId: null })
          },
        }),
        async consumeSseStream({ stream }) {
          await streams.createNewResumableStream(streamId, () => stream)
          chats.save(id, { activeStreamId: streamId })
        },
      })
    })
    .get('/api/chat/:id/stream', async (context) => {
      const { activeStreamId } = chats.read(context.req.param('id'))
      if (activeStreamId === null) return context.body(null, 204)
      const stream = await streams.resumeExistingStream(activeStreamId)
      if (!stream) return context.body(null, 204)
      return new Response(stream.pipeThrough(new TextEncoderStream()), {
        headers: UI_MESSAGE_STREAM_HEADERS,
      })
    })
    .post('/api/chat/:id/stop', async (context) => {
      const id = context.req.param('id')
      const { assistantMessage }: { assistantMessage?: ChatMessage } = await context.req.json()
      const { activeStreamId, messages } = chats.read(id)
      if (activeStreamId === null) return context.json({ success: true })
      active.get(activeStreamId)?.abort()
      const others = messages.filter((message) => message.id !== assistantMessage?.id)
      chats.save(id, {
        messages: assistantMessage ? [...others, assistantMessage] : messages,
        activeStreamId: null,
      })
      return context.json({ success: true })
    })
}

/** What the guide keeps in Redis is kept in this process: without the producer it could not go on there either. */
function resumableStreams(): ResumableStreamContext {
  const values = new Map<string, string>()
  const channels = new EventEmitter().setMaxListeners(0)
  const publisher: Publisher = {
    connect: async () => {},
    publish: async (channel, message) => channels.emit(channel, message),
    set: async (key, value) => values.set(key, value),
    get: async (key) => values.get(key) ?? null,
    async incr(key) {
      const next = Number(values.get(key) ?? 0) + 1
      values.set(key, String(next))
      return next
    },
  }
  const subscriber: Subscriber = {
    connect: async () => {},
    subscribe: async (channel, listener) => void channels.on(channel, listener),
    unsubscribe: async (channel) => void channels.removeAllListeners(channel),
  }
  return createResumableStreamContext({ waitUntil: null, publisher, subscriber })
}
