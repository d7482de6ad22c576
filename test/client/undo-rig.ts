// Tabs that change a page, a server that changes files, and a person who takes both back.
import * as z from 'zod'
import {
  type ToolClient,
  type ToolClientOptions,
  createToolClient,
} from '../../src/client/index.ts'
import {
  type AuditLog,
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
  memoryAudit,
} from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import {
  type ScriptStep,
  type VirtualClock,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import { type AnyTool, ToolError, defineTool } from '../../src/tools/index.ts'
import { FaultyWire } from './faulty-wire.ts'
import { Origin, Realm } from './realm.ts'

/** What was taken back: of which tool, and where. */
export interface Undone {
  readonly what: string
  readonly where: string
  readonly context: object
}

export interface Options extends Partial<ToolServerOptions> {
  readonly steps?: readonly ScriptStep[]
  /** Of the tool of the page. */
  readonly page?: object
  /** What the page does before it takes back. */
  readonly beforeUndo?: () => unknown
}

export const set = (text: string): ScriptStep => ({ toolCalls: [{ ...setCall(text) }] })
export const setCall = (text: string): { toolName: string; input: object; toolCallId: string } => ({
  toolName: 'set_title',
  input: { text },
  toolCallId: text,
})
export const saveCall = (
  text: string,
): { toolName: string; input: object; toolCallId: string } => ({
  toolName: 'save',
  input: { text },
  toolCallId: text,
})

export interface Rig {
  readonly world: VirtualClock
  readonly wire: FaultyWire
  readonly server: ToolServer
  readonly model: ReturnType<typeof scriptedModel>
  readonly audit: AuditLog
  readonly origin: Origin
  readonly first: Realm
  /** The title of the page, and the file on the server. */
  readonly values: Map<string, string>
  readonly undone: Undone[]
  readonly errors: object[]
  readonly pageTool: (where: string, options?: object) => AnyTool
  readonly open: (realm: Realm, options?: Partial<ToolClientOptions>) => ToolClient
  readonly say: (client: ToolClient, text?: string) => Promise<void>
  /** Asks to take back, lets `ms` pass, and gives how that ended. */
  readonly undo: (
    client: ToolClient,
    id: string | readonly string[],
    ms?: number,
  ) => Promise<unknown>
}

export function undoRig({ steps = [set('a')], page = {}, beforeUndo, ...rest }: Options = {}): Rig {
  const world = virtualClock()
  const wire = new FaultyWire()
  const origin = new Origin()
  const first = new Realm(origin, world)
  const values = new Map<string, string>()
  const undone: Undone[] = []
  const errors: object[] = []
  const audit = memoryAudit()
  const model = scriptedModel([...steps, { text: 'Done.' }, { text: 'Well.' }, { text: 'So.' }])
  const change = (what: string, text: string): object => {
    const before = values.get(what) ?? ''
    values.set(what, text)
    return { what, before, after: text }
  }
  const restore = (where: string, output: unknown, context: object): void => {
    const { what, before, after } = output as { what: string; before: string; after: string }
    undone.push({ what: after, where, context })
    if (values.get(what) !== after) throw new ToolError(`${what} is another.`, { code: 'changed' })
    values.set(what, before)
  }
  const inputSchema = z.object({ text: z.string() })
  const pageTool = (where: string, options: object = {}): AnyTool =>
    defineTool({
      name: 'set_title',
      description: 'Sets the title of the page.',
      inputSchema,
      permission: 'edit',
      execute: ({ text }) => change('title', text),
      async undo(output, context) {
        await beforeUndo?.()
        restore(where, output, context)
      },
      ...page,
      ...options,
    })
  const save = defineTool({
    name: 'save',
    description: 'Saves a file.',
    inputSchema,
    execute: ({ text }) => change('file', text),
    undo: (output, context) => restore('server', output, context),
  })
  const server = createToolServer({
    world,
    model,
    audit,
    store: memoryStore(),
    tools: [save, pageTool('server').withoutExecute()],
    permissions: () => true,
    onError: (error) => errors.push(error),
    ...rest,
  })
  server.accept(wire, { id: 'me' })
  return {
    world,
    wire,
    server,
    model,
    audit,
    origin,
    first,
    values,
    undone,
    errors,
    pageTool,
    open: (realm, options = {}) =>
      createToolClient({
        world: realm.world,
        ledger: realm.ledger,
        transport: realm.reach(wire),
        tools: [pageTool('page')],
        conversationId: 'talk',
        onError: (error) => errors.push(error),
        ...options,
      }),
    async say(client, text = 'Go.') {
      const sent = client.send(text)
      await world.advance(2_000)
      await sent
    },
    async undo(client, id, ms = 1_000) {
      const end = client.undo(id).then(
        () => 'done',
        (error: unknown) => error,
      )
      await world.advance(ms)
      return end
    },
  }
}

export function undoStates(client: ToolClient): readonly string[] {
  return client.getSnapshot().calls.map(({ toolCallId, undo }) => `${toolCallId} ${undo?.state}`)
}
