import { ToolwireError } from './errors.ts'

/** Bounds on a value that came over a wire. */
export interface ValueLimits {
  readonly maxDepth: number
  /** Values of every kind, counted together. */
  readonly maxNodes: number
  readonly maxKeyLength: number
  /** Characters of all texts together. Default: no bound. */
  readonly maxChars?: number
}

const wireLimits: ValueLimits = {
  maxDepth: 64,
  maxNodes: 50_000,
  maxKeyLength: 256,
  maxChars: 1_048_576,
}

/**
 * Parses JSON that a stranger sent.
 * @throws {@link ToolwireError} `FRAME_INVALID` for broken JSON, a `__proto__` key, or a value beyond `limits`.
 */
export function parseForeignJson(text: string, limits: ValueLimits = wireLimits): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ToolwireError('FRAME_INVALID', 'The message is not JSON.', {
      cause,
      hint: 'Send one JSON value.',
    })
  }
  checkForeignValue(value, limits)
  return value
}

/** Checks a structured value that a stranger sent; walks without recursion, so depth cannot break it. */
export function checkForeignValue(value: unknown, limits: ValueLimits = wireLimits): void {
  const open: (readonly [unknown, number])[] = [[value, 1]]
  const { maxChars = Infinity } = limits
  let nodes = 0
  let chars = 0
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, depth] = next
    if (++nodes > limits.maxNodes) throw tooLarge(`more than ${limits.maxNodes} values`)
    chars += typeof node === 'string' ? node.length : 0
    if (chars > maxChars) throw tooLarge(`more than ${maxChars} characters`)
    if (typeof node !== 'object' || node === null) continue
    if (depth > limits.maxDepth) throw tooLarge(`nested deeper than ${limits.maxDepth}`)
    for (const key of Object.keys(node)) {
      checkKey(key, limits)
      // Keys of the node itself, so the lookup reaches no prototype.
      open.push([(node as Record<string, unknown>)[key], depth + 1])
    }
  }
}

function checkKey(key: string, { maxKeyLength }: ValueLimits): void {
  if (key === '__proto__' || key.length > maxKeyLength)
    throw tooLarge(`a key that is not allowed ("${key.slice(0, 32)}")`)
}

function tooLarge(what: string): ToolwireError {
  return new ToolwireError('FRAME_INVALID', `The message holds ${what}.`, {
    hint: 'Send large values by reference, such as an upload handle.',
  })
}
