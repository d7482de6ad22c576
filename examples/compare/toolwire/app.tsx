import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { type ToolClient, createToolClient, indexedDbLedger } from 'toolwire/client'
import { useToolClient } from 'toolwire/react'
import { httpTransport } from 'toolwire/transports/http'
import { ChatView, type ShownPart } from '../page/chat-view.tsx'
import { chatId, landing } from '../page/landing.ts'
import { byId } from '../../shared/element.ts'
import { pageTools } from './tools.ts'

const client = createToolClient({
  transport: httpTransport({ url: '/toolwire/connect' }),
  conversationId: chatId(),
  ledger: indexedDbLedger(),
  tools: pageTools(landing),
})

function Chat({ of }: { readonly of: ToolClient }): ReactNode {
  const { messages, status, error } = useToolClient(of)
  return (
    <ChatView
      name="toolwire"
      status={status}
      error={error?.text}
      messages={messages.map(({ id, role, parts }) => ({
        id,
        role,
        parts: parts.flatMap((part): ShownPart[] => {
          if (part.type === 'text') return [part]
          if (part.type === 'tool') return [{ ...part, input: part.inputText ?? part.input }]
          return []
        }),
      }))}
      send={(text) => of.send(text)}
      stop={() => of.stop()}
    />
  )
}

createRoot(byId('chat', HTMLElement)).render(<Chat of={client} />)
