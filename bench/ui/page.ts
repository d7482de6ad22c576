// The page of the benchmark: the same chat over toolwire and over useChat of the AI SDK.
import { useChat } from '@ai-sdk/react'
import { DefaultChatTransport } from 'ai'
import { type ReactNode, createElement, memo, useEffect, useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { createToolClient } from '../../src/client/index.ts'
import { useToolClient } from '../../src/react/index.ts'
import { httpTransport } from '../../src/transports/http.ts'

export type Contender = 'toolwire' | 'useChat'

export interface Measured {
  readonly ms: number
  readonly frames: number
  readonly renders: number
  /** The most renders between two frames. */
  readonly mostInFrame: number
  readonly text: string
  /** From each key to the frame that shows it, in milliseconds. */
  readonly keysMs: readonly number[]
}

interface Chat {
  readonly text: string
  readonly isOver: boolean
  readonly send: () => void
}

let renders = 0
/** Renders by the frame that they were for. */
let byFrame = new Map<unknown, number>()

/** Shows what was said last; each render of it is counted. */
function Said({ chat }: { readonly chat: Chat }): ReactNode {
  renders++
  const { currentTime } = document.timeline
  byFrame.set(currentTime, (byFrame.get(currentTime) ?? 0) + 1)
  return createElement('p', { id: 'said', 'data-over': chat.isOver }, chat.text)
}

const Field = memo((): ReactNode => {
  const [draft, setDraft] = useState('')
  const onChange = ({ target }: { target: HTMLInputElement }): void => setDraft(target.value)
  return createElement('input', { value: draft, onChange })
})
Field.displayName = 'Field'

let start = (): void => {}

function Screen({ chat }: { readonly chat: Chat }): ReactNode {
  useEffect(() => {
    start = chat.send
  })
  return createElement('main', null, createElement(Said, { chat }), createElement(Field))
}

function ToolwireChat(): ReactNode {
  const client = useMemo(
    () => createToolClient({ transport: httpTransport({ url: '/toolwire' }) }),
    [],
  )
  const { messages, status } = useToolClient(client)
  const last = messages.at(-1)
  const parts = last?.role === 'assistant' ? last.parts : []
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const isOver = status === 'ready' && text !== ''
  return createElement(Screen, { chat: { text, isOver, send: () => void client.send('Go') } })
}

function AiSdkChat(): ReactNode {
  const transport = useMemo(() => new DefaultChatTransport({ api: '/ai' }), [])
  const { messages, status, sendMessage } = useChat({ transport })
  const last = messages.at(-1)
  const parts = last?.role === 'assistant' ? last.parts : []
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
  const isOver = status === 'ready' && text !== ''
  const send = (): void => void sendMessage({ text: 'Go' })
  return createElement(Screen, { chat: { text, isOver, send } })
}

/** Mounts a chat; resolves once its field is there. */
async function mount(contender: Contender): Promise<void> {
  const place = document.body.appendChild(document.createElement('div'))
  createRoot(place).render(createElement(contender === 'toolwire' ? ToolwireChat : AiSdkChat))
  while (!document.querySelector('input')) await frame()
}

/** Sends a message and counts until the whole answer stands there. */
async function run(): Promise<Measured> {
  const keysMs: number[] = []
  document.querySelector('input')?.addEventListener('input', ({ timeStamp }) => {
    void frame().then(() => keysMs.push(performance.now() - timeStamp))
  })
  renders = 0
  byFrame = new Map()
  const from = performance.now()
  start()
  let frames = 0
  while (document.querySelector('#said')?.getAttribute('data-over') !== 'true') {
    await frame()
    frames++
  }
  const ms = performance.now() - from
  await frame()
  const text = document.querySelector('#said')?.textContent ?? ''
  return { ms, frames, renders, mostInFrame: Math.max(...byFrame.values()), text, keysMs }
}

function frame(): Promise<void> {
  return new Promise((resolve) => void requestAnimationFrame(() => resolve()))
}

export interface BenchPage {
  readonly mount: typeof mount
  readonly run: typeof run
}

Object.assign(globalThis, { bench: { mount, run } satisfies BenchPage })
