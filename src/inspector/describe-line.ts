import { isObject } from '../base/index.ts'
import type { RecordedLine } from '../testing/index.ts'

/** What a line is about, for a list and its filters. */
export interface LineInfo {
  readonly kind: LineKind
  /** As in "claim" or "call-settled". */
  readonly title: string
  /** What tells it from others of its kind. */
  readonly summary: string
  /** The call that it is about, where it is about one. */
  readonly callId: string | null
}

export const lineKinds = ['event', 'command', 'reply', 'text', 'link', 'alive'] as const
export type LineKind = (typeof lineKinds)[number]

export function describeLine(line: RecordedLine): LineInfo {
  if (!('way' in line)) {
    const summary = [`link ${line.link}`, line.code].filter(Boolean).join(' · ')
    return { kind: 'link', title: `end: ${line.end}`, summary, callId: null }
  }
  const frame = isObject(line.frame) ? line.frame : {}
  const kind = typeof frame['k'] === 'string' ? frame['k'] : ''
  // What a frame is called is up to whoever wrote the log.
  const describe = Object.hasOwn(frames, kind) ? frames[kind] : undefined
  return (
    describe?.(frame, line) ?? { kind: 'link', title: kind || 'unknown', summary: '', callId: null }
  )
}

type Fields = Readonly<Record<string, unknown>>

const frames: Readonly<Record<string, (frame: Fields, line: RecordedLine) => LineInfo>> = {
  hello: ({ from }, { link }) => ({
    kind: 'link',
    title: 'hello',
    summary: `link ${link} · from ${text(from)}`,
    callId: null,
  }),
  c: ({ c }) => {
    const command = isObject(c) ? c : {}
    const type = text(command['type'])
    return {
      kind: type === 'beat' ? 'alive' : 'command',
      title: type,
      summary: about(command),
      callId: id(command['callId']),
    }
  },
  e: ({ s, e, c }) => {
    const event = isObject(e) ? e : {}
    const call = isObject(event['call']) ? event['call'] : {}
    return {
      kind: 'event',
      title: text(event['type']),
      summary: [
        `#${text(s)}`,
        about({ ...call, ...event }),
        // The frame does not repeat it.
        c === undefined ? '' : 'output as handed in',
      ]
        .filter(Boolean)
        .join(' · '),
      callId: id(event['callId'] ?? call['callId']),
    }
  },
  snap: ({ s }) => ({ kind: 'event', title: 'state', summary: `#${text(s)}`, callId: null }),
  r: ({ c, st, why }) => ({
    kind: 'reply',
    title: text(st),
    summary: [text(c).split(':')[0], text(why)].filter(Boolean).join(' · '),
    callId: /^(?:claim|beat|result|release|cancel):([^:]+)/.exec(text(c))?.[1] ?? null,
  }),
  d: ({ h, x }) => ({
    kind: 'text',
    title: isObject(h) ? `${text(h['type'])} ${text(h['toolName'])}`.trim() : 'text',
    summary: `${text(x).length} characters`,
    callId: null,
  }),
  p: ({ c, n }) => ({
    kind: 'text',
    title: 'progress',
    summary: `n ${text(n)}`,
    callId: id(c),
  }),
  ping: ({ s }) => ({
    kind: 'alive',
    title: 'ping',
    summary: s === undefined ? '' : `at #${text(s)}`,
    callId: null,
  }),
  bye: ({ why }) => ({ kind: 'link', title: 'bye', summary: text(why), callId: null }),
}

function about({ toolName, attempt, state, errorCode, reason }: Fields): string {
  const tried = typeof attempt === 'number' ? `attempt ${attempt}` : ''
  return [toolName, tried, state, errorCode, reason].map(text).filter(Boolean).join(' · ')
}

function id(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
