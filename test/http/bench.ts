import { expect, onTestFinished } from 'vitest'
import * as z from 'zod'
import {
  type Snapshot,
  type ToolClient,
  type ToolClientOptions,
  createToolClient,
} from '../../src/client/index.ts'
import {
  type ErrorInfo,
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
} from '../../src/server/index.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import type { Host, Mounted } from './hosts.ts'

type Asking = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> }

/** A server on a host, and clients that reach it over HTTP; everything is closed when the test ends. */
export interface Bench extends Mounted {
  readonly world: VirtualClock
  readonly server: ToolServer
  /** What `onError` got, on the server and on clients. */
  readonly errors: unknown[]
  client(options?: Partial<ToolClientOptions>): ToolClient
  /** A request as a stranger would send it. */
  post(body: unknown, init?: Asking): Promise<Response>
}

export async function bench(host: Host, options: Partial<ToolServerOptions>): Promise<Bench> {
  const world = virtualClock()
  const errors: unknown[] = []
  const onError = (info: ErrorInfo): void => void errors.push(info.error)
  const authenticate = ({ headers }: Request): { id: string } | null => {
    const id = headers.get('authorization')
    return id ? { id } : null
  }
  const server = createToolServer({ tools: [], world, onError, authenticate, ...options })
  const mounted = await host.mount(server.fetch)
  const clients: ToolClient[] = []
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await server.close()
    await mounted.close()
  })
  return {
    ...mounted,
    world,
    server,
    errors,
    client(rest = {}) {
      const transport = httpTransport({
        url: mounted.url,
        fetch: mounted.fetch,
        headers: { authorization: 'ann' },
      })
      const client = createToolClient({ transport, world, onError, ...rest })
      clients.push(client)
      return client
    },
    post: (body, init = {}) =>
      mounted.fetch(mounted.url, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
        headers: {
          ...(init.body !== null && { 'content-type': 'application/json' }),
          authorization: 'ann',
          ...init.headers,
        },
      }),
  }
}

/** Waits until `condition` holds. Real sockets take their time; a test that waits in vain runs into its limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise<void>((resolve) => void setImmediate(resolve))
}

/** Waits until the client's snapshot fits. */
export async function untilSnapshot(
  client: ToolClient,
  fits: (snapshot: Snapshot) => boolean,
): Promise<Snapshot> {
  await until(() => fits(client.getSnapshot()))
  return client.getSnapshot()
}

/** Sends a message and waits for the end of the turn. */
export async function turn(client: ToolClient, message = 'Go.'): Promise<Snapshot> {
  await client.send(message)
  return untilSnapshot(client, isOver)
}

/** Whether no turn runs, and the log of the last one has come. */
export function isOver({ status, messages }: Snapshot): boolean {
  return (status === 'ready' || status === 'error') && messages.at(-1)?.role === 'assistant'
}

export function textOf({ messages }: Snapshot): string {
  const parts = messages.at(-1)?.parts ?? []
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

/** Every call of the conversation as `name: state`. */
export function statesOf({ calls }: Snapshot): readonly string[] {
  return calls.map(({ toolName, state }) => `${toolName}: ${state}`)
}

/** A server tool. */
export const add: AnyTool = defineTool({
  name: 'add',
  description: 'Adds two numbers.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
})

/** A client tool that counts its runs by call. */
export function painter(
  run: (color: string, signal: AbortSignal) => unknown = (color) => `painted ${color}`,
  traits: { readonly idempotent?: boolean; readonly timeoutMs?: number } = {},
): { readonly tool: AnyTool; readonly begun: ReadonlyMap<string, number> } {
  const begun = new Map<string, number>()
  const tool = defineTool({
    name: 'paint',
    description: 'Paints the page.',
    inputSchema: z.object({ color: z.string() }),
    ...traits,
    execute({ color }, { key, signal }) {
      begun.set(key, (begun.get(key) ?? 0) + 1)
      return run(color, signal)
    },
  })
  return { tool, begun }
}

/** Nothing of a closed server and its closed clients waits for anything. */
export async function expectNothingLeft({ world, server }: Bench): Promise<void> {
  await until(() => server.health().links === 0 && server.health().conversations === 0)
  await world.advance(60_000)
  expect(world.pendingTimers).toBe(0)
}
