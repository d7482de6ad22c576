import { StrictMode, createElement, useState } from 'react'
import { type Root, createRoot } from 'react-dom/client'
import * as z from 'zod'
import { type World, systemWorld } from '../../src/base/index.ts'
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import {
  type ToolCallElement,
  type ToolElement,
  defineToolElements,
} from '../../src/elements/index.ts'
import { ToolTimeline, useToolClient } from '../../src/react/index.ts'
import type { Model } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { type ScriptStep, scriptedModel } from '../../src/testing/index.ts'
import { ToolError, defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/memory.ts'

/** Which of the two ways to draw. */
export type Kind = 'react' | 'elements'

interface Options {
  readonly canEdit?: boolean
  readonly keep?: readonly ('session' | 'always')[]
  readonly imageOrigins?: readonly string[]
}

/** A whole application in one page: server, client and what people see. */
class Stage {
  client: ToolClient
  /** Timers of the parts that are set now. */
  timers = 0
  /** How far the clock of the parts is ahead. */
  aheadMs = 0
  renders = 0
  readonly ran: unknown[] = []
  readonly #given: unknown[] = []
  #progress: (update: unknown) => void = () => {}
  #finish: (output: unknown) => void = () => {}
  #ticks = new Set<() => void>()
  #root: Root | undefined

  constructor() {
    this.client = this.#connect([])
  }

  async open(kind: Kind, steps: readonly ScriptStep[], options: Options = {}): Promise<void> {
    this.client.close()
    this.client = this.#connect(steps)
    await this.send('Go')
    this.mount(kind, options)
  }

  /** A chat whose model says `deltas` in pieces, some at a time as a network brings them. */
  prepareChat(deltas: readonly string[]): void {
    this.client.close()
    this.client = this.#connect({
      id: 'pieces',
      format: 'test',
      async *stream() {
        for (const [n, text] of deltas.entries()) {
          yield { type: 'text-delta', text }
          if (n % 25 === 0) await new Promise<void>((resolve) => void setTimeout(resolve))
        }
        yield { type: 'finish', reason: 'stop', rawReason: null, usage: {} }
      },
    })
    this.mountChat()
  }

  async send(text: string): Promise<void> {
    await this.client.send(text)
  }

  mount(kind: Kind, options: Options = {}): void {
    this.unmount()
    const main = document.querySelector('main')
    if (!main) throw new Error('The page has a main.')
    const { client, world } = this
    if (kind === 'elements') {
      defineToolElements()
      const timeline = document.createElement('toolwire-timeline') as ToolElement
      Object.assign(timeline, { client, options: { ...options, world } })
      main.replaceChildren(timeline)
      return
    }
    const place = main.appendChild(document.createElement('div'))
    this.#root = createRoot(place)
    this.#root.render(
      createElement(StrictMode, null, createElement(ToolTimeline, { client, world, ...options })),
    )
  }

  /** A chat of one's own: what the model says, with a field beside it. */
  mountChat(): void {
    this.unmount()
    const { client } = this
    const onRender = (): void => void this.renders++
    function Chat(): ReturnType<typeof createElement> {
      onRender()
      const { messages } = useToolClient(client)
      const [draft, setDraft] = useState('')
      const parts = messages.flatMap((message) => message.parts)
      return createElement(
        'section',
        null,
        createElement(
          'p',
          { id: 'said' },
          parts.map((part) => ('text' in part ? part.text : '')),
        ),
        createElement('input', {
          'aria-label': 'Message',
          value: draft,
          onChange: ({ target }: { target: HTMLInputElement }) => setDraft(target.value),
        }),
      )
    }
    const place = document.querySelector('main')?.appendChild(document.createElement('div'))
    if (!place) throw new Error('The page has a main.')
    this.#root = createRoot(place)
    this.#root.render(createElement(Chat))
  }

  unmount(): void {
    this.#root?.unmount()
    this.#root = undefined
    document.querySelector('main')?.replaceChildren()
  }

  /** One element by itself. */
  element(name: string, toolCallId: string): ToolCallElement {
    defineToolElements()
    const element = document.createElement(name) as ToolCallElement
    element.setAttribute('tool-call-id', toolCallId)
    element.client = this.client
    document.querySelector('main')?.append(element)
    return element
  }

  progress(update: unknown): void {
    this.#progress(update)
  }

  finish(output: unknown = 'done'): void {
    this.#finish(output)
  }

  /** What the tool `give` gives next. */
  give(value: unknown): void {
    this.#given.push(value)
  }

  /** Moves the clock of the parts, and lets their timers run out. */
  pass(ms: number): void {
    this.aheadMs += ms
    for (const tick of Array.from(this.#ticks)) tick()
  }

  until(isIt: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (isIt()) resolve()
        else setTimeout(look, 5)
      }
      look()
    })
  }

  untilState(state: string, at = 0): Promise<void> {
    return this.until(() => this.client.getSnapshot().calls[at]?.state === state)
  }

  untilReady(): Promise<void> {
    return this.until(() => this.client.getSnapshot().status === 'ready')
  }

  /** The clock of the parts stands still until the test moves it. */
  readonly world: World = {
    ...systemWorld,
    now: () => Date.now() + this.aheadMs,
    setTimer: (_, task) => {
      this.timers++
      const run = (): void => {
        stop()
        task()
      }
      const stop = (): void => {
        if (this.#ticks.delete(run)) this.timers--
      }
      this.#ticks.add(run)
      return stop
    },
  }

  #connect(answers: readonly ScriptStep[] | Model): ToolClient {
    const work = defineTool({
      name: 'resize_image',
      title: 'Resize image',
      description: 'Works until it is told to end.',
      inputSchema: z.object({ width: z.number() }),
      timeoutMs: 60_000,
      execute: (_, { progress, signal }) =>
        new Promise<unknown>((resolve, reject) => {
          this.#progress = progress
          this.#finish = resolve
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        }),
    })
    const pay = defineTool({
      name: 'pay',
      description: 'Pays somebody.',
      inputSchema: z.object({ to: z.string(), amount: z.number(), note: z.string().optional() }),
      approval: true,
      execute: (input) => {
        this.ran.push(input)
        return { paid: input.amount }
      },
      undo: () => void this.ran.push('undone'),
    })
    const fail = defineTool({
      name: 'export_report',
      description: 'Fails.',
      inputSchema: z.object({ text: z.string().optional() }),
      execute: ({ text }) => {
        throw new ToolError(text ?? 'The disk is full.', { forUser: text ?? 'The disk is full.' })
      },
    })
    const give = defineTool({
      name: 'give',
      description: 'Gives what the test wants.',
      inputSchema: z.object({ text: z.string().optional() }),
      execute: () => this.#given.shift(),
    })
    const tools = [work, pay, fail, give]
    const transport = memoryTransport()
    const server = createToolServer({
      model: 'stream' in answers ? answers : scriptedModel(answers),
      tools: tools.map((tool) => tool.withoutExecute()),
      approvals: { allowEdits: true },
    })
    server.accept(transport, { id: 'me' })
    return createToolClient({ transport, tools })
  }
}

declare global {
  // The script of a page has no other way to be reached by a test.
  var stage: Stage
}

globalThis.stage = new Stage()

export type { Stage }
