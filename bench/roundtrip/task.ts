import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { RawData } from 'ws'
import * as z from 'zod'
import type { Model } from '../../src/ports/index.ts'
import { type ScriptedModel, scriptedModel } from '../../src/testing/index.ts'

export const steps = 50
export const resultChars = 50_000

export const readTool = {
  name: 'read',
  description: 'Reads a page',
  inputSchema: z.object({ step: z.number() }),
} as const

/** What the tool gives back; one character is one byte of JSON. */
export function page(step: number): string {
  return `${step} `.padEnd(resultChars, 'lorem ipsum ')
}

/** Asks for one page after another, and then says that it is done. */
export function readingModel(): ScriptedModel {
  return scriptedModel(
    (_, { step }) =>
      step < steps
        ? { text: `Page ${step}. `, toolCalls: [{ toolName: 'read', input: { step } }] }
        : { text: 'Done.' },
    { record: false },
  )
}

/** Waits for less than a timer can, while the event loop turns. */
export async function think(ms: number): Promise<void> {
  const until = performance.now() + ms
  while (performance.now() < until) await turn()
}

/** `model`, which thinks for a while before it says something. */
export function slowly(model: Model, thinkMs: number): Model {
  return {
    ...model,
    async *stream(request) {
      await think(thinkMs)
      yield* model.stream(request)
    },
  }
}

/** A session between a client with the tool and a server with the model, over a real socket. */
export interface Session {
  /** Sends one message and resolves with the last words; each run of the tool is told to `onRun` first. */
  play(onRun: (step: number) => void): Promise<string>
  /** What the server has read from its sockets so far. */
  bytesUp(): number
  close(): Promise<void>
}

/** A contender with a model of its own, in words of its own, has no use for `model`. */
export type OpenSession = (model: Model) => Promise<Session>

/** An HTTP server that counts the bytes that clients send it. */
export async function countingHost(
  listener?: (request: IncomingMessage, response: ServerResponse) => unknown,
) {
  const http = createServer((request, response) => void listener?.(request, response))
  const sockets: Socket[] = []
  http.on('connection', (socket) => {
    socket.setNoDelay(true)
    sockets.push(socket)
  })
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
  return {
    http,
    // It listens on a port, so its address is no pipe.
    address: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    bytesUp: () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0),
    close: () =>
      new Promise<void>((resolve) => {
        http.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** What came over a socket of `ws`, which is not asked for fragments. */
export function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : ''
}
