// What one writes who needs only this: a socket, a loop and a history. It forgets everything with its socket.
import { WebSocket, WebSocketServer } from 'ws'
import type { Model } from '../../src/ports/index.ts'
import type { Message, MessagePart } from '../../src/protocol/index.ts'
import { type OpenSession, countingHost, page, textOf } from './task.ts'

type Down =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly id: string; readonly input: { readonly step: number } }
  | { readonly type: 'done' }

type Up =
  | { readonly type: 'send'; readonly text: string }
  | { readonly type: 'result'; readonly id: string; readonly output: string }

export const handWritten: OpenSession = async (model) => {
  const host = await countingHost()
  const sockets = new WebSocketServer({ server: host.http })
  sockets.on('connection', (socket) => serve(socket, model))
  const socket = new WebSocket(`ws://${host.address}/`)
  await new Promise((resolve) => void socket.once('open', resolve))
  return {
    bytesUp: host.bytesUp,
    play: (onRun) =>
      new Promise((resolve) => {
        let text = ''
        socket.on('message', (data) => {
          const frame = JSON.parse(textOf(data)) as Down
          if (frame.type === 'text') text += frame.text
          if (frame.type === 'done') resolve(text)
          if (frame.type !== 'call') return
          text = ''
          onRun(frame.input.step)
          send(socket, { type: 'result', id: frame.id, output: page(frame.input.step) })
        })
        send(socket, { type: 'send', text: 'Go.' })
      }),
    close() {
      socket.terminate()
      return host.close()
    },
  }
}

function serve(socket: WebSocket, model: Model): void {
  const history: Message[] = []
  const add = (role: Message['role'], parts: readonly MessagePart[]): void => {
    history.push({ id: String(history.length), role, parts, metadata: { createdAt: Date.now() } })
  }
  let settle: (output: string) => void = () => {}
  const run = async (): Promise<void> => {
    for (;;) {
      let text = ''
      let call: { toolCallId: string; toolName: string; input: unknown } | undefined
      for await (const event of model.stream({ messages: history })) {
        if (event.type === 'text-delta') {
          text += event.text
          send(socket, { type: 'text', text: event.text } satisfies Down)
        }
        if (event.type === 'tool-input-end') call = { ...event, input: event.input }
      }
      if (!call) return send(socket, { type: 'done' })
      const { toolCallId, toolName, input } = call
      const output = await new Promise<string>((resolve) => {
        settle = resolve
        send(socket, { type: 'call', id: toolCallId, input })
      })
      add('assistant', [
        { type: 'text', text },
        {
          type: 'tool',
          toolCallId,
          toolName,
          state: 'output-available',
          input,
          output,
          timings: { createdAt: 0 },
        },
      ])
    }
  }
  socket.on('message', (data) => {
    const frame = JSON.parse(textOf(data)) as Up
    if (frame.type === 'result') return settle(frame.output)
    add('user', [{ type: 'text', text: frame.text }])
    void run()
  })
}

function send(socket: WebSocket, frame: unknown): void {
  socket.send(JSON.stringify(frame))
}
