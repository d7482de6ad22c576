import { ToolwireError, isObject } from '../base/index.ts'
import {
  type ClientCommand,
  type ClientCommandType,
  type ReplyStatus,
  commandKey,
} from './commands.ts'
import type { ConversationEvent, RefusedTool } from './events.ts'

/** Raised at every change that an older end would misread. */
export const protocolVersion = 1

/** The first frame of a link: who it is, which conversation, and how much of its log it has. */
export interface HelloFrame {
  readonly k: 'hello'
  readonly v: number
  readonly conversationId: string
  readonly clientId: string
  readonly epoch: number
  /** Sequence number of the last event that the client has; 0 for none. */
  readonly from: number
  /** Id of the log that `from` counts in; absent where it is 0. */
  readonly log?: string
  readonly journal: 'J0' | 'J1'
  /** How often the client will send a ping, in milliseconds; absent where it sends none. */
  readonly beatMs?: number
  /** The client reads messages that are arrays of frames. */
  readonly batch?: boolean
  /** The client puts an output that it handed in over this link into the event that speaks of it. */
  readonly fills?: boolean
  /** The client puts frames together that come in parts. */
  readonly parts?: boolean
}

/** Says that the client lives; answered by a ping. */
export interface ClientPing {
  readonly k: 'ping'
}

/** A command; where links carry no hello of their own (HTTP), it names its sender. */
export interface CommandFrame {
  readonly k: 'c'
  readonly c: ClientCommand
}

export type ClientFrame = HelloFrame | CommandFrame | ClientPing

/** What a part of a message under way is. */
export type DraftHead =
  | { readonly type: 'text' | 'reasoning' | 'refusal' }
  | { readonly type: 'tool'; readonly toolCallId: string; readonly toolName: string }

export type ServerFrame =
  /**
   * A durable event; `s` counts 1, 2, 3… without a gap in each conversation. `c` is the key of the `result` under way
   * on this link whose output the event has, and does not repeat.
   */
  | { readonly k: 'e'; readonly s: number; readonly e: ConversationEvent; readonly c?: string }
  /** The whole state at `s`, instead of a long tail of events. */
  | { readonly k: 'snap'; readonly s: number; readonly state: unknown }
  /**
   * Text of part `p` of message `m` under way, from offset `o` (characters) on. Not kept: the message
   * itself follows as an event. `h` stands with the first text of a part.
   */
  | {
      readonly k: 'd'
      readonly m: string
      readonly p: number
      readonly o: number
      readonly x: string
      readonly h?: DraftHead
    }
  /** Progress `n` of attempt `a` at call `c`. Not kept; what is lower than the last of the call is late. */
  | {
      readonly k: 'p'
      readonly c: string
      readonly a: number
      readonly n: number
      readonly x: unknown
    }
  | ReplyFrame
  /** Shows that the stream lives, and at which event it should be. */
  | { readonly k: 'ping'; readonly s: number }
  /** The server ends this link; come back after `retryMs`, or not at all where it is absent. */
  | { readonly k: 'bye'; readonly why: ByeReason; readonly retryMs?: number }

/** A piece of the JSON of a long frame; `more` says that it is not the last. Other frames may come between. */
export interface PartFrame {
  readonly k: 'part'
  readonly x: string
  readonly more?: boolean
}

/** The reply to the command with key `c`. */
export interface ReplyFrame {
  readonly k: 'r'
  readonly c: string
  readonly st: ReplyStatus
  readonly why?: string
  /** To a `sync`: the tools that were not taken. */
  readonly refused?: readonly RefusedTool[]
  /** To a `claim` that is granted: W3C Trace Context, under which the client goes on with the trace. */
  readonly traceparent?: string
}

export type ByeReason = 'replaced' | 'slow' | 'shutdown' | 'version' | 'not-found'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string' && value.length > 0
const number: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const flag: Check = (value) => typeof value === 'boolean'
const list: Check = Array.isArray
const texts: Check = (value) => Array.isArray(value) && value.every(text)
const object: Check = isObject
const anything: Check = () => true
// The mark lets bundlers leave the shapes out of a client, which reads only what a server sends.
/* @__NO_SIDE_EFFECTS__ */
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

type Shape = Readonly<Record<string, Check>>

const helloShape: Shape = {
  v: number,
  conversationId: text,
  clientId: text,
  epoch: number,
  from: number,
  log: optional(text),
  journal: (value) => value === 'J0' || value === 'J1',
  beatMs: optional((value) => number(value) && (value as number) >= 1_000),
  batch: optional(flag),
  fills: optional(flag),
  parts: optional(flag),
}

const resultStates = [
  'output-available',
  'output-error',
  'denied',
  'cancelled',
  'timed-out',
  'outcome-unknown',
]

const commandShapes: Readonly<Record<ClientCommandType, Shape>> = {
  send: { turnId: text, message: object },
  stop: { turnId: text },
  sync: {
    hash: text,
    version: optional(number),
    tools: optional(list),
    name: optional(text),
    capabilities: optional(texts),
  },
  claim: {
    callId: text,
    attempt: number,
    n: number,
    noBegin: optional(flag),
    argsHash: optional(text),
  },
  beat: { callId: text, attempt: number, n: number, progress: anything },
  result: {
    callId: text,
    attempt: number,
    argsHash: text,
    holder: optional(text),
    state: (value) => resultStates.includes(value as string),
    errorText: optional(text),
    errorCode: optional(text),
    errorForUser: optional(text),
    retryAfterMs: optional(number),
    output: anything,
  },
  release: { callId: text, attempt: number, holder: optional(text) },
  cancel: { callId: text },
  decide: {
    callId: text,
    approvalId: text,
    approved: flag,
    argsHash: text,
    reason: optional(text),
    input: optional(object),
    keep: optional((value) => value === 'session' || value === 'always'),
  },
  revoke: { revokeId: text, toolName: text },
  undo: { undoId: text, of: (value) => texts(value) && (value as unknown[]).length > 0 },
}

/**
 * The frame that a client sent, with every field checked and unknown fields left out.
 * @throws {@link ToolwireError} `FRAME_INVALID`, saying which field is wrong.
 */
export function parseClientFrame(value: unknown): ClientFrame {
  if (!isObject(value)) throw invalid('not an object')
  if (value['k'] === 'ping') return { k: 'ping' }
  if (value['k'] === 'hello') return pick('hello', value, helloShape) as unknown as HelloFrame
  if (value['k'] !== 'c' || !isObject(value['c'])) throw invalid('neither a hello nor a command')
  const type = value['c']['type']
  const shape = Object.hasOwn(commandShapes, String(type))
    ? commandShapes[type as ClientCommandType]
    : undefined
  if (!shape) throw invalid(`of the unknown command "${String(type)}"`)
  const command = { type, ...pick(String(type), value['c'], shape) } as unknown as ClientCommand
  if (command.type === 'send') checkMessage(command.message)
  if (command.type === 'sync') checkTools(command.tools ?? [])
  return { k: 'c', c: command }
}

/** The key that a command frame claims, also where the frame is refused; `null` for what is no command. */
export function claimedKey(value: unknown): string | null {
  const command = isObject(value) && isObject(value['c']) ? value['c'] : null
  return command && Object.hasOwn(commandShapes, String(command['type']))
    ? commandKey(command as unknown as ClientCommand)
    : null
}

const string: Check = (value) => typeof value === 'string'

const serverFrameShapes: Readonly<Record<ServerFrame['k'], Shape>> = {
  e: { s: number, e: (value) => isObject(value) && text(value['type']), c: optional(text) },
  snap: { s: number, state: object },
  d: { m: text, p: number, o: number, x: string, h: optional(object) },
  p: { c: text, a: number, n: number },
  r: {
    c: text,
    st: text,
    why: optional(text),
    refused: optional(list),
    traceparent: optional(text),
  },
  ping: { s: number },
  bye: { why: text, retryMs: optional(number) },
}

/**
 * The frame that a server sent, or `null` for a kind that this version does not know.
 * @throws {@link ToolwireError} `FRAME_INVALID`, saying which field is wrong.
 */
export function parseServerFrame(value: unknown): ServerFrame | null {
  if (!isObject(value) || typeof value['k'] !== 'string') throw invalid('not an object with a kind')
  const kind = value['k']
  if (!Object.hasOwn(serverFrameShapes, kind)) return null
  const shape = serverFrameShapes[kind as ServerFrame['k']]
  for (const [field, check] of Object.entries(shape))
    if (!check(value[field])) throw invalid(`a "${kind}" whose "${field}" is wrong`)
  // What is within events and states is the server's word: the client chose it, and runs only its own tools.
  return value as unknown as ServerFrame
}

function pick(what: string, value: Record<string, unknown>, shape: Shape): Record<string, unknown> {
  const picked: Record<string, unknown> = what === 'hello' ? { k: 'hello' } : {}
  for (const [field, check] of Object.entries(shape)) {
    if (!check(value[field])) throw invalid(`a "${what}" whose "${field}" is wrong`)
    if (value[field] !== undefined) picked[field] = value[field]
  }
  return picked
}

function checkMessage(message: unknown): void {
  if (!isObject(message) || !text(message['id']) || !Array.isArray(message['parts']))
    throw invalid('a message without an id and parts')
  for (const part of message['parts'])
    if (!isObject(part) || !(isText(part) || isFile(part)))
      throw invalid('a message part that is neither text nor file')
}

const isText = (part: Record<string, unknown>): boolean =>
  part['type'] === 'text' && typeof part['text'] === 'string'

const isFile = (part: Record<string, unknown>): boolean =>
  part['type'] === 'file' && text(part['mediaType']) && text(part['url'])

function checkTools(tools: readonly unknown[]): void {
  for (const tool of tools)
    if (!isObject(tool) || !text(tool['name']) || !text(tool['hash']))
      throw invalid('a tool without a name and a hash')
}

function invalid(what: string): ToolwireError {
  return new ToolwireError('FRAME_INVALID', `The frame is ${what}.`, {
    hint: 'See docs/PROTOCOL.md for the frames of this version.',
  })
}
