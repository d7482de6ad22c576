// What goes wrong on the way: whole events, their fields, and the bytes.
import type { WireItem } from './grammar.ts'
import type { Random } from './random.ts'

export interface ItemMutation {
  readonly name: string
  /** Whether a piece may now say that it belongs to another call, or be written into one. */
  readonly rekeys: boolean
  apply(items: readonly WireItem[], random: Random, other: readonly WireItem[]): readonly WireItem[]
}

export interface ByteMutation {
  readonly name: string
  apply(bytes: Uint8Array, random: Random): Uint8Array
}

type Path = readonly (string | number)[]

const errorItems: readonly WireItem[] = [
  { data: '{"error":{"message":"Overloaded","type":"overloaded_error","code":529}}' },
  { event: 'error', data: '{"type":"error","error":{"type":"api_error","message":"Down"}}' },
  { event: 'error', data: 'upstream connect error' },
  { data: '{"error":"gone"}' },
  { data: '[{"error":{"code":500,"message":"Internal","status":"INTERNAL"}}]' },
]
const oddItems: readonly WireItem[] = [
  ...['null', '[]', '{}', '""', '0', 'true', '[[]]', '[{}]', 'not json', '{"a":', '[DONE]x'].map(
    (data) => ({ data }),
  ),
  { data: ': OPENROUTER PROCESSING' },
  { event: 'ping', data: '{"type":"ping"}' },
  { event: 'unknown', data: '{"type":"unknown","index":0,"delta":{}}' },
  { data: '{"__proto__":{"choices":[]},"constructor":1}' },
]
const keyField = /^(index|output_index|content_index|item_id|id|call_id|candidates|type|name)$/
const otherKeys = [0, 1, 2, 3, -1, 0.5, 1e308, 2 ** 53, '', '0', '1', 'constructor', '__proto__']
const otherValues = [null, '', 'x', '{}', '{"a":1}', 0, -1, true, [], {}, [[]], [null], '[DONE]']
const rawValues = [
  '1e400',
  '-0',
  '9'.repeat(400),
  `0.${'0'.repeat(400)}1`,
  '"\\ud800"',
  '"\\u0000"',
]
const reasons = ['length', 'max_tokens', 'MAX_TOKENS', 'error', 'SAFETY', 'incomplete', 'stop', '']

export const itemMutations: readonly ItemMutation[] = [
  {
    name: 'drop events',
    rekeys: false,
    apply: (items, random) => {
      const at = random.below(items.length)
      return items.toSpliced(at, 1 + (random.chance(0.3) ? random.below(4) : 0))
    },
  },
  {
    name: 'double an event',
    rekeys: false,
    apply: (items, random) => {
      const at = random.below(items.length)
      const to = random.chance(0.7) ? at : random.below(items.length)
      return items.toSpliced(to, 0, ...items.slice(at, at + 1 + random.below(2)))
    },
  },
  {
    name: 'double every piece',
    rekeys: false,
    apply: (items) =>
      items.flatMap((item) => (/delta|partial/.test(item.data) ? [item, item] : [item])),
  },
  {
    name: 'swap events',
    rekeys: false,
    apply: (items, random) => {
      const [from, to] = [random.below(items.length), random.below(items.length)]
      return items.with(from, items[to]!).with(to, items[from]!)
    },
  },
  {
    name: 'cut between events',
    rekeys: false,
    apply: (items, random) => items.slice(0, random.below(items.length)),
  },
  {
    name: 'go on with another stream',
    rekeys: true,
    apply: (items, random, other) => [
      ...items.slice(0, random.below(items.length + 1)),
      ...other.slice(random.below(other.length + 1)),
    ],
  },
  {
    name: 'mix with another stream',
    rekeys: true,
    apply: (items, random, other) => {
      let from = 0
      return items.flatMap((item) => {
        if (!random.chance(0.4)) return [item]
        const next = from + random.below(4)
        const slice = other.slice(from, next)
        from = next
        return random.chance(0.5) ? [item, ...slice] : [...slice, item]
      })
    },
  },
  {
    name: 'send an error',
    rekeys: false,
    apply: (items, random) =>
      items.toSpliced(random.below(items.length + 1), 0, random.pick(errorItems)),
  },
  {
    name: 'send what is no part of it',
    rekeys: false,
    apply: (items, random) =>
      items.toSpliced(random.below(items.length + 1), 0, random.pick(oddItems)),
  },
  {
    name: 'say [DONE]',
    rekeys: false,
    apply: (items, random) =>
      items.toSpliced(random.below(items.length + 1), 0, { data: '[DONE]' }),
  },
  {
    name: 'change the event name',
    rekeys: true,
    apply: (items, random) =>
      onItem(items, random, (item) => ({
        ...item,
        event: random.pick([
          undefined,
          'error',
          'message',
          items[random.below(items.length)]!.event,
        ]),
      })),
  },
  {
    name: 'change what names or places a piece',
    rekeys: true,
    apply: (items, random) =>
      onValue(items, random, {
        where: (path) => keyField.test(String(path.at(-1))),
        change: () => random.pick(otherKeys),
      }),
  },
  {
    name: 'take a field away',
    rekeys: true,
    apply: (items, random) => onValue(items, random, { change: () => undefined }),
  },
  {
    name: 'change a value',
    rekeys: true,
    apply: (items, random) => onValue(items, random, { change: () => random.pick(otherValues) }),
  },
  {
    name: 'end for another reason',
    rekeys: false,
    apply: (items, random) =>
      onValue(items, random, {
        where: (path) => /reason$|^status$/i.test(String(path.at(-1))),
        change: () => random.pick(reasons),
      }),
  },
  {
    name: 'write a value nobody expects',
    rekeys: true,
    apply: (items, random) => onRaw(items, random, random.pick(rawValues)),
  },
  {
    name: 'nest deeply',
    rekeys: true,
    apply: (items, random) => {
      const depth = random.pick([100, 1_000, 20_000])
      const [open, close] = random.pick([
        ['[', ']'],
        ['{"a":', '}'],
      ] as const)
      return onRaw(items, random, `${open.repeat(depth)}0${close.repeat(depth)}`)
    },
  },
  {
    name: 'write a very long string',
    rekeys: true,
    apply: (items, random) =>
      onRaw(items, random, JSON.stringify(random.pick(['x', '{', '"', '\\', 'é']).repeat(30_000))),
  },
  {
    name: 'write a field twice',
    rekeys: true,
    apply: (items, random) =>
      onItem(items, random, ({ data, event }) => {
        const fields = [...data.matchAll(/"(index|id|name|arguments|args|input)":("[^"\\]*"|\d+)/g)]
        if (fields.length === 0) return { data, event }
        const [text, name] = random.pick(fields)
        return {
          event,
          data: data.replace(text, `${text},"${name}":${random.pick(['0', '""', '1'])}`),
        }
      }),
  },
]

function onItem(
  items: readonly WireItem[],
  random: Random,
  change: (item: WireItem) => WireItem,
): readonly WireItem[] {
  if (items.length === 0) return items
  const at = random.below(items.length)
  return items.with(at, change(items[at]!))
}

interface ValueChange {
  readonly where?: (path: Path) => boolean
  readonly change: () => unknown
}

/** Changes one value in one event; most values are at the leaves, but any branch may be chosen. */
function onValue(
  items: readonly WireItem[],
  random: Random,
  { where = () => true, change }: ValueChange,
): readonly WireItem[] {
  return onItem(items, random, (item) => {
    // What was nested deeply before cannot be written again.
    if (item.data.length > longestChanged) return item
    const value = parse(item.data)
    const paths = pathsOf(value).filter(where)
    if (paths.length === 0) return item
    return { ...item, data: JSON.stringify(changed(value, random.pick(paths), change())) }
  })
}

const longestChanged = 20_000
const rawMark = '@raw@'

/** The same with JSON that no value can be written as. */
function onRaw(items: readonly WireItem[], random: Random, raw: string): readonly WireItem[] {
  return onValue(items, random, { change: () => rawMark }).map((item) => ({
    ...item,
    data: item.data.replace(JSON.stringify(rawMark), () => raw),
  }))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null || path.length > 30) return []
  return Object.entries(value).flatMap(([key, child]) => {
    const here = [...path, Array.isArray(value) ? Number(key) : key]
    return [here, ...pathsOf(child, here)]
  })
}

function changed(value: unknown, [step, ...rest]: Path, to: unknown): unknown {
  if (step === undefined) return to
  // Paths come from `pathsOf`, so each step leads into an object or a list.
  if (Array.isArray(value))
    return value.map((child: unknown, at) => (at === step ? changed(child, rest, to) : child))
  const entries = Object.entries(value as object).map(([key, child]) => [
    key,
    key === step ? changed(child, rest, to) : child,
  ])
  return Object.fromEntries(entries)
}

const badBytes = [
  [0xff],
  [0xc3],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f, 0x98],
  [0x80, 0x80],
  [0xef, 0xbb, 0xbf],
  [0x00],
  [0x0d],
  [0x0a],
  [0x0a, 0x0a],
  [0x22],
  [0x5c],
  [0x7d],
  [0x7b],
] as const

export const byteMutations: readonly ByteMutation[] = [
  {
    name: 'flip bits',
    apply: (bytes, random) => {
      const flipped = bytes.slice()
      for (let count = 1 + random.below(4); count > 0 && bytes.length > 0; count--)
        flipped[random.below(bytes.length)]! ^= 1 << random.below(8)
      return flipped
    },
  },
  {
    name: 'put in bytes',
    apply: (bytes, random) => insert(bytes, random.below(bytes.length + 1), random.pick(badBytes)),
  },
  {
    name: 'lose bytes',
    apply: (bytes, random) => {
      const at = random.below(bytes.length + 1)
      const end = at + 1 + random.below(random.chance(0.8) ? 8 : 400)
      return join(bytes.slice(0, at), bytes.slice(end))
    },
  },
  {
    name: 'repeat bytes',
    apply: (bytes, random) => {
      const at = random.below(bytes.length + 1)
      return insert(bytes, at, bytes.slice(at, at + 1 + random.below(200)))
    },
  },
  { name: 'cut', apply: (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)) },
]

function insert(bytes: Uint8Array, at: number, added: ArrayLike<number>): Uint8Array {
  return join(bytes.slice(0, at), added, bytes.slice(at))
}

function join(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
