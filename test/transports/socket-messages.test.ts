// How frames become the messages of a socket [P68].
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { HelloFrame } from '../../src/protocol/index.ts'
import {
  type Socket,
  webSocketConnection,
  webSocketTransport,
} from '../../src/transports/websocket.ts'

type OnMessage = (event: { readonly data: unknown }) => void

/** A socket whose other end is the test. */
class TestSocket implements Socket {
  readonly sent: string[] = []
  readonly readyState = 1
  /** Thrown by `send`, as some platforms do on a socket that is about to close. */
  fault: Error | null = null
  #onMessage: OnMessage | undefined

  addEventListener(type: string, listener: (event: never) => void): void {
    // Each type has an event of its own.
    if (type === 'message') this.#onMessage = listener as OnMessage
  }

  send(message: string): void {
    if (this.fault) throw this.fault
    this.sent.push(message)
  }

  close(): void {}

  receive(message: unknown): void {
    this.#onMessage?.({ data: JSON.stringify(message) })
  }
}

const hello: HelloFrame = {
  k: 'hello',
  v: 1,
  conversationId: 'talk',
  clientId: 'c',
  epoch: 1,
  from: 0,
  journal: 'J0',
}
const ping = (s: number): object => ({ k: 'ping', s })

function server(greeting: object) {
  const socket = new TestSocket()
  const connection = webSocketConnection(socket)
  socket.receive(greeting)
  return { socket, connection }
}

describe('to a client that reads arrays of frames', () => {
  test('frames of one turn of the loop go as one message, in their order', async () => {
    const { socket, connection } = server({ ...hello, batch: true })
    await Promise.all([1, 2, 3].map((s) => connection.send(ping(s))))
    expect(socket.sent).toEqual([])
    await turn()
    await connection.send(ping(4))
    await turn()
    expect(socket.sent.map((message) => JSON.parse(message))).toEqual([
      [ping(1), ping(2), ping(3)],
      ping(4),
    ])
  })

  test('what is long does not wait, so that nothing piles up unseen', async () => {
    const { socket, connection } = server({ ...hello, batch: true })
    const long = { k: 'd', x: 'x'.repeat(70_000) }
    await connection.send(ping(1))
    await connection.send(long)
    expect(socket.sent.map((message) => JSON.parse(message))).toEqual([[ping(1), long]])
  })

  test('the last words are said before the socket closes', async () => {
    const { socket, connection } = server({ ...hello, batch: true })
    void connection.send({ k: 'bye', why: 'shutdown' })
    connection.close()
    expect(socket.sent).toEqual(['{"k":"bye","why":"shutdown"}'])
    await turn()
    expect(socket.sent).toHaveLength(1)
  })

  test('a socket that takes nothing any more breaks the link, with the cause', async () => {
    const { socket, connection } = server({ ...hello, batch: true })
    await connection.send(ping(1))
    socket.fault = new Error('closing')
    await turn()
    const frames = connection.frames[Symbol.asyncIterator]()
    await frames.next()
    await expect(frames.next()).rejects.toMatchObject({
      code: 'TRANSPORT_CLOSED',
      cause: socket.fault,
    })
  })
})

test.each([
  ['says nothing of arrays', hello],
  ['does not read them', { ...hello, batch: false }],
])('a client that %s gets each frame as a message of its own', async (_, greeting) => {
  const { socket, connection } = server(greeting)
  await Promise.all([1, 2].map((s) => connection.send(ping(s))))
  expect(socket.sent.map((message) => JSON.parse(message))).toEqual([ping(1), ping(2)])
})

test('the client says that it reads arrays, and gives their frames out one by one', async () => {
  const socket = new TestSocket()
  const Constructor = function open() {
    return socket
  } as unknown as new () => Socket
  const transport = webSocketTransport({ url: 'ws://host/', WebSocket: Constructor })
  const connection = await transport.connect(hello, new AbortController().signal)
  expect(socket.sent.map((message) => JSON.parse(message))).toEqual([{ ...hello, batch: true }])
  socket.receive([ping(1), ping(2)])
  socket.receive(ping(3))
  connection.close()
  const seen: unknown[] = []
  for await (const frame of connection.frames) seen.push(frame)
  expect(seen).toEqual([ping(1), ping(2), ping(3)])
})
