import { useChat } from '@ai-sdk/react'
import {
  DefaultChatTransport,
  getToolName,
  isToolUIPart,
  lastAssistantMessageIsCompleteWithToolCalls,
} from 'ai'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { byId } from '../../shared/element.ts'
import { ChatView, type ShownPart } from '../page/chat-view.tsx'
import { chatId, landing } from '../page/landing.ts'
import type { ChatMessage } from './tools.ts'

const api = '/ai-sdk/api/chat'
const id = chatId()
const transport = new DefaultChatTransport<ChatMessage>({ api })

function Chat({ stored }: { readonly stored: ChatMessage[] }): ReactNode {
  const chat = useChat<ChatMessage>({
    id,
    messages: stored,
    resume: true,
    transport,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
    async onToolCall({ toolCall }) {
      if (toolCall.dynamic) return
      const { toolName: tool, toolCallId } = toolCall
      try {
        const output = await landing.run(toolCall)
        // No await: it would be a deadlock.
        void chat.addToolOutput({ tool, toolCallId, output })
      } catch (error) {
        void chat.addToolOutput({
          tool,
          toolCallId,
          state: 'output-error',
          errorText: String(error),
        })
      }
    },
  })
  // The server is told, since with `resume` an abort is no more than a lost connection.
  const stop = async (): Promise<void> => {
    const last = chat.messages.at(-1)
    const assistantMessage = last?.role === 'assistant' ? last : undefined
    const body = JSON.stringify({ assistantMessage })
    void fetch(`${api}/${id}/stop`, { method: 'POST', body })
    await chat.stop()
  }
  return (
    <ChatView
      name="AI SDK"
      status={chat.status}
      error={chat.error?.message}
      messages={chat.messages.map((message) => ({ ...message, parts: shown(message) }))}
      send={(text) => chat.sendMessage({ text })}
      stop={stop}
      retry={() => chat.regenerate()}
    />
  )
}

function shown({ parts }: ChatMessage): readonly ShownPart[] {
  return parts.flatMap((part): ShownPart[] => {
    if (part.type === 'text') return [part]
    if (!isToolUIPart(part)) return []
    return [{ ...part, type: 'tool', toolName: getToolName(part) }]
  })
}

const response = await fetch(`${api}/${id}`)
createRoot(byId('chat', HTMLElement)).render(<Chat stored={await response.json()} />)
