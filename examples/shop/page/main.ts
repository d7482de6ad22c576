import { type Snapshot, createToolClient } from 'toolwire/client'
import { httpTransport } from 'toolwire/transports/http'
import { clientTools } from '../client-tools.ts'
import { ChatView } from './chat-view.ts'
import { DomDashboard } from './dom-dashboard.ts'
import { byId, setText } from '../../shared/element.ts'

const client = createToolClient({
  transport: httpTransport({ url: '/toolwire' }),
  tools: clientTools,
  context: new DomDashboard(),
  onError: ({ errorId, error }) => console.error(errorId, error),
})

const chat = new ChatView({
  approve: (toolCallId) => attempt(client.approve(toolCallId)),
  deny: (toolCallId) => attempt(client.deny(toolCallId)),
})

const text = byId('text', HTMLTextAreaElement)
const send = byId('send', HTMLButtonElement)
const stop = byId('stop', HTMLButtonElement)
const problem = byId('problem', HTMLElement)
const connection = byId('connection', HTMLElement)
const suggestions = [...byId('suggestions', HTMLElement).querySelectorAll('button')]

let isBusy = false

function show(snapshot: Snapshot): void {
  const { status, error } = snapshot
  const wasBusy = isBusy
  isBusy = status !== 'ready' && status !== 'error'
  chat.show(snapshot)
  send.hidden = isBusy
  stop.hidden = !isBusy
  // Not `disabled`, which would take the focus away from whoever pressed one.
  for (const button of suggestions) button.ariaDisabled = String(isBusy)
  connection.dataset['status'] = snapshot.connection
  setText(connection, snapshot.connection)
  problem.hidden = error === null
  setText(problem, error ? `${error.text} (${error.code})` : '')
  if (wasBusy && !isBusy) chat.say(`Answer: ${lastText(snapshot)}`)
}

function lastText({ messages }: Snapshot): string {
  const parts = messages.at(-1)?.parts ?? []
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join(' ')
}

function ask(question: string): void {
  if (question.trim() === '' || isBusy) return
  text.value = ''
  attempt(client.send(question))
}

/** Shows why a command was refused; the snapshot shows everything else. */
function attempt(command: Promise<void>): void {
  command.catch((error: unknown) => {
    problem.hidden = false
    setText(problem, error instanceof Error ? error.message : String(error))
  })
}

byId('composer', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  ask(text.value)
})
text.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  ask(text.value)
})
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && isBusy) attempt(client.stop())
})
stop.addEventListener('click', () => attempt(client.stop()))
for (const button of suggestions)
  button.addEventListener('click', () => ask(button.textContent ?? ''))

client.subscribe(() => show(client.getSnapshot()))
show(client.getSnapshot())
