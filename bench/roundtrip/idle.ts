import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { protocolVersion } from '../../src/protocol/index.ts'
import { ToolRegistry, defineTool } from '../../src/tools/index.ts'
import { readTool, textOf } from './task.ts'

export interface Idle {
  /** In bytes, more than before the first session. */
  readonly heap: number
  readonly resident: number
  readonly links: number
}

export type IdleKind = 'toolwire' | 'sockets alone'

/** Opens so many sessions with a server in a process of its own, and weighs that process. */
export async function idleSessions(kind: IdleKind, count: number): Promise<Idle> {
  const child = fork(new URL('./idle-server.ts', import.meta.url), [kind], {
    execArgv: ['--expose-gc'],
  })
  const port = await heard<number>(child)
  const before = await weighed(child)
  const sockets: WebSocket[] = []
  for (let n = 0; n < count; n += 250)
    sockets.push(
      ...(await Promise.all(
        Array.from({ length: 250 }, (_, at) => session(port, String(n + at), kind)),
      )),
    )
  const after = await weighed(child)
  for (const socket of sockets) socket.terminate()
  child.kill()
  return {
    heap: after.heapUsed - before.heapUsed,
    resident: after.rss - before.rss,
    links: after.links,
  }
}

interface Weight extends NodeJS.MemoryUsage {
  readonly links: number
}

function weighed(child: ChildProcess): Promise<Weight> {
  child.send('weigh')
  return heard<Weight>(child)
}

async function heard<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message')
  return message as T // idle-server.ts sends nothing else
}

const { hash, tools } = new ToolRegistry([defineTool(readTool)]).catalog()

/** A client as small as can be, so that ten thousand of them fit beside the server. */
async function session(port: number, id: string, kind: IdleKind): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
  await once(socket, 'open')
  const say = (frame: object): void => socket.send(JSON.stringify(frame))
  const answered = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      if (kind === 'sockets alone' || textOf(data).includes('"turn-finished"')) resolve()
    })
  })
  const identity = { conversationId: id, clientId: id, epoch: 1 }
  say({ k: 'hello', v: protocolVersion, ...identity, from: 0, journal: 'J0' })
  say({
    k: 'c',
    c: { type: 'sync', hash, tools: tools.map((tool) => ({ name: tool.name, hash: tool.hash })) },
  })
  const message = { id: `message ${id}`, parts: [{ type: 'text', text: 'Hi.' }] }
  say({ k: 'c', c: { type: 'send', turnId: `turn ${id}`, message } })
  await answered
  return socket
}
