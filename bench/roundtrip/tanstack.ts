import { getRequestListener } from '@hono/node-server'
import {
  type AnyTextAdapter,
  type TextOptions,
  chat,
  chatParamsFromRequestBody,
  toServerSentEventsResponse,
  toolDefinition,
} from '@tanstack/ai'
import { ChatClient, clientTools, fetchServerSentEvents } from '@tanstack/ai-client'
import { type OpenSession, countingHost, page, readTool, steps } from './task.ts'

/** The client of TanStack AI, as its documentation connects it: `chat` behind a POST. */
export const tanstack: OpenSession = async () => {
  const read = toolDefinition(readTool)
  const host = await countingHost(
    getRequestListener(async (request) => {
      const { messages, threadId, runId, parentRunId, resume } = await chatParamsFromRequestBody(
        await request.json(),
      )
      const interrupted = { ...(parentRunId && { parentRunId }), ...(resume && { resume }) }
      return toServerSentEventsResponse(
        chat({ adapter, messages, threadId, runId, ...interrupted, tools: [read] }),
      )
    }),
  )
  return {
    bytesUp: host.bytesUp,
    play: (onRun) =>
      new Promise((resolve, reject) => {
        const client = new ChatClient({
          connection: fetchServerSentEvents(`http://${host.address}/`),
          tools: clientTools(
            read.client(({ step }) => {
              onRun(step)
              return page(step)
            }),
          ),
          onError: reject,
          onFinish({ parts }) {
            const last = parts.at(-1)
            if (last?.type === 'text' && last.content.endsWith('Done.')) resolve('Done.')
          },
        })
        void client.sendMessage('Go.')
      }),
    close: host.close,
  }
}

/** The same script, in the words of TanStack AI. */
const adapter = {
  kind: 'text',
  name: 'scripted',
  model: 'scripted',
  async *chatStream({ messages, threadId = 't', runId = 'r' }: TextOptions) {
    const step = messages.filter(({ role }) => role === 'tool').length
    const isOver = step === steps
    const messageId = `message_${step}`
    const model = 'scripted'
    const timestamp = Date.now()
    yield { type: 'RUN_STARTED', threadId, runId, model, timestamp }
    yield { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant', model, timestamp }
    const delta = isOver ? 'Done.' : `Page ${step}. `
    yield { type: 'TEXT_MESSAGE_CONTENT', messageId, delta, model, timestamp }
    yield { type: 'TEXT_MESSAGE_END', messageId, model, timestamp }
    if (!isOver) {
      const [toolCallId, toolName] = [`call_${step}`, 'read']
      const call = { toolCallId, toolName, toolCallName: toolName, model, timestamp }
      yield { type: 'TOOL_CALL_START', ...call, index: 0 }
      yield {
        type: 'TOOL_CALL_ARGS',
        toolCallId,
        delta: JSON.stringify({ step }),
        model,
        timestamp,
      }
      yield { type: 'TOOL_CALL_END', ...call, input: { step } }
    }
    const finishReason = isOver ? 'stop' : 'tool_calls'
    yield { type: 'RUN_FINISHED', threadId, runId, model, timestamp, finishReason }
  },
} as unknown as AnyTextAdapter // its event types are an enum that plain strings do not fit
