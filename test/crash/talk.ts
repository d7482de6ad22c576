import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import { isToolwireError } from '../../src/base/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import { type ToolPart, isTerminal } from '../../src/protocol/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { webSocketTransport } from '../../src/transports/websocket.ts'
import { messageText } from './model.ts'
import { toolsBefore } from './tools.ts'
import { type WitnessFile, reportTo } from './witness-file.ts'

/** Somebody who can say where a server is; `null` while there is none. */
export interface Guide {
  address(): string | null
}

/** One conversation with two clients that run its client tools and answer its questions. */
export class Talk {
  readonly id: string
  readonly turns: number[] = []
  readonly clients: readonly ToolClient[]
  readonly #sending: Promise<void>[] = []

  constructor(id: string, guide: Guide, witness: WitnessFile) {
    this.id = id
    this.clients = [overSocket(guide), overHttp(guide)].map((transport) => {
      const client = createToolClient({
        transport,
        conversationId: id,
        tools: toolsBefore(witness).filter(({ executor }) => executor === 'client'),
        onError: ({ error }) => reportTo(witness, error),
      })
      answerQuestions(client, witness)
      return client
    })
  }

  /** Says something to the model, through one of the clients; it waits its turn where one is under way. */
  say(turn: number, through: number): void {
    this.turns.push(turn)
    const sent = this.clients[through]!.send(messageText(turn))
    // Whoever waits for the end hears of it.
    sent.catch(() => {})
    this.#sending.push(sent)
  }

  /** Resolves when every message was acknowledged, and every client shows the end of every turn. */
  async over(): Promise<void> {
    await Promise.all([
      ...this.#sending,
      ...this.clients.map((client) => until(client, () => this.isOverAt(client))),
    ])
  }

  isOverAt(client: ToolClient): boolean {
    const { status, messages, connection } = client.getSnapshot()
    const asked = messages.filter(({ role }) => role === 'user')
    // Messages that wait stand last.
    const isAnswered = messages.at(-1)?.role === 'assistant' && status === 'ready'
    return isAnswered && connection === 'open' && asked.length === this.turns.length
  }

  /** For whoever looks for a fault: how it stands at each client. */
  get standing(): string {
    return this.clients
      .map((client) => {
        const { status, connection, messages, calls } = client.getSnapshot()
        const open = calls.filter(({ state }) => !isTerminal(state))
        const told = open.map(({ toolName, state }) => `${toolName} ${state}`).join(', ')
        return `${status}, ${connection}, ${messages.length} messages, ${told || 'no open call'}`
      })
      .join('; ')
  }

  close(): void {
    for (const client of this.clients) client.close()
  }
}

/** Every link goes to another server. */
function overSocket(guide: Guide): Transport {
  return webSocketTransport({ url: () => `ws://${addressOf(guide)}/` })
}

/** Every request does, also those of one link. */
export function overHttp(guide: Guide): Transport {
  const fetchAnywhere: typeof fetch = async (_, init) => fetch(`http://${addressOf(guide)}/`, init)
  return httpTransport({ url: 'http://anywhere/', fetch: fetchAnywhere })
}

function addressOf(guide: Guide): string {
  const address = guide.address()
  if (address === null) throw new Error('No server listens at this moment.')
  return address
}

/** People at every client answer every question, and all in the same way. */
function answerQuestions(client: ToolClient, witness: WitnessFile): void {
  const answered = new Set<string>()
  client.subscribe(() => {
    for (const { state, toolCallId, input } of client.getSnapshot().calls) {
      if (state !== 'approval-requested' || answered.has(toolCallId)) continue
      answered.add(toolCallId)
      const answer = isAllowed(input) ? client.approve(toolCallId) : client.deny(toolCallId)
      answer.catch((error: unknown) => {
        // The other client was faster.
        if (!isToolwireError(error) || error.code !== 'COMMAND_REFUSED') reportTo(witness, error)
      })
    }
  })
}

function isAllowed(input: ToolPart['input']): boolean {
  // The model of the crash run asks with numbers.
  const { n } = input as { readonly n: number }
  return n % 3 !== 0
}

export function until(client: ToolClient, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return
      stop()
      resolve()
    }
    const stop = client.subscribe(look)
    look()
  })
}
