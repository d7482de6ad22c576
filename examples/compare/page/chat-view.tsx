import type { ReactNode, SubmitEvent } from 'react'

export type ShownPart =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool'
      readonly toolCallId: string
      readonly toolName: string
      readonly state: string
      readonly input?: unknown
    }

export interface ChatProps {
  readonly name: string
  readonly status: string
  readonly error: string | undefined
  readonly messages: readonly {
    readonly id: string
    readonly role: string
    readonly parts: readonly ShownPart[]
  }[]
  readonly send: (text: string) => Promise<unknown>
  readonly stop: () => Promise<unknown>
  /** Offered beside an error, where the app cannot go on by itself. */
  readonly retry?: () => Promise<unknown>
}

/** One chat for both apps. What it shows is also what the plugs look at. */
export function ChatView(props: ChatProps): ReactNode {
  const { name, status, error, messages, send, stop, retry } = props
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const form = event.currentTarget
    const text = new FormData(form).get('text')
    form.reset()
    if (typeof text === 'string' && text) void send(text)
  }
  return (
    <section className="chat" data-status={status}>
      <header>
        <h2>{name}</h2> <span className="status">{status}</span>
      </header>
      <ol className="messages">
        {messages.map(({ id, role, parts }) => (
          <li key={id} data-role={role}>
            {parts.map((part, at) => (
              <Part key={part.type === 'tool' ? part.toolCallId : at} part={part} />
            ))}
          </li>
        ))}
      </ol>
      {error !== undefined && (
        <p className="error" role="alert">
          {error}{' '}
          {retry && (
            <button type="button" className="retry" onClick={() => void retry()}>
              Retry
            </button>
          )}
        </p>
      )}
      <form onSubmit={submit}>
        <input name="text" aria-label="Message" autoComplete="off" />
        <button type="submit">Send</button>
        <button type="button" className="stop" onClick={() => void stop()}>
          Stop
        </button>
      </form>
    </section>
  )
}

function Part({ part }: { readonly part: ShownPart }): ReactNode {
  if (part.type === 'text') return <p className="text">{part.text}</p>
  const input = typeof part.input === 'string' ? part.input : JSON.stringify(part.input ?? '')
  return (
    <p className="call" data-state={part.state} data-chars={input.length}>
      <code>{part.toolName}</code> {part.state}
    </p>
  )
}
