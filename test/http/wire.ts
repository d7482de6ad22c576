import type { Connection, Transport } from '../../src/ports/index.ts'
import type { ClientCommand, HelloFrame, ServerFrame } from '../../src/protocol/index.ts'

export interface Recorded extends Transport {
  readonly hellos: HelloFrame[]
  readonly commands: ClientCommand[]
  readonly frames: ServerFrame[]
}

/** Writes down all that passes a transport. */
export function recorded(transport: Transport): Recorded {
  const hellos: HelloFrame[] = []
  const commands: ClientCommand[] = []
  const frames: ServerFrame[] = []
  return {
    name: transport.name,
    hellos,
    commands,
    frames,
    async connect(greeting, signal) {
      hellos.push(greeting)
      const connection = await transport.connect(greeting, signal)
      return {
        frames: noted(connection, frames),
        send(frame) {
          // Clients send commands only.
          commands.push((frame as { c: ClientCommand }).c)
          return connection.send(frame)
        },
        close: () => connection.close(),
      }
    },
  }
}

async function* noted(connection: Connection, frames: ServerFrame[]): AsyncGenerator {
  for await (const frame of connection.frames) {
    // Straight from the server under test.
    frames.push(frame as ServerFrame)
    yield frame
  }
}

/** The sequence numbers of the durable events, as they came. */
export function seqs(frames: readonly ServerFrame[]): readonly number[] {
  return frames.flatMap((frame) => (frame.k === 'e' ? [frame.s] : []))
}

/** Reads an event stream as text, bit by bit. */
export function reading(response: Response): {
  readonly text: () => string
  readonly done: Promise<void>
  readonly stop: () => Promise<void>
} {
  let text = ''
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const read = async (): Promise<void> => {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read())
      text += next.value
  }
  const done = read().catch(() => {})
  return { text: () => text, done, stop: async () => reader?.cancel().catch(() => {}) }
}

export function hello(fields: Partial<HelloFrame> = {}): HelloFrame {
  const conversationId = 'talk'
  return {
    k: 'hello',
    v: 1,
    conversationId,
    clientId: 'tab',
    epoch: 1,
    from: 0,
    journal: 'J0',
    ...fields,
  }
}

/** A command as `httpTransport` posts it. */
export function post(command: ClientCommand, fields: object = {}): object {
  return { k: 'c', c: command, conversationId: 'talk', clientId: 'tab', epoch: 1, ...fields }
}
