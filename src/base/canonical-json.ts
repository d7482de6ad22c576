import { ToolwireError } from './errors.ts'

/** How large a value may be; in characters of its text, roughly. */
export interface CanonicalLimits {
  readonly maxDepth?: number
  readonly maxLength?: number
}

/**
 * Writes `value` as JSON in one form only (RFC 8785: sorted keys, no space), so that equal values give
 * equal text and equal hashes. Members that are `undefined` are left out, as in `JSON.stringify`;
 * a lone surrogate is written as an escape. Throws `INVALID_INPUT`, naming the path, for all else that
 * JSON cannot carry and for a cycle, and `JSON_LIMIT` for what is beyond the limits.
 */
export function canonicalJson(value: unknown, limits: CanonicalLimits = {}): string {
  const { maxDepth = 256, maxLength = Infinity } = limits
  const open: unknown[] = []
  let length = 0

  function write(item: unknown, path: string): string {
    // By tag, because a plain object of another frame has another prototype.
    const kind = Object.prototype.toString.call(item).slice(8, -1)
    const isHolder = kind === 'Array' || kind === 'Object'
    const isJson = isHolder || /^(?:Null|Boolean|String)$/.test(kind) || Number.isFinite(item)
    if (!isJson || open.includes(item)) {
      const what = isHolder ? 'a cycle' : kind === 'Number' ? String(item) : kind
      const message = `JSON cannot carry ${what}, at "${path || '/'}".`
      throw new ToolwireError('INVALID_INPUT', message, { hint: 'Use plain JSON data only.' })
    }
    grow(typeof item === 'string' ? item.length : 2, path)
    return isHolder ? writeMembers(item as object, path) : JSON.stringify(item)
  }

  function writeMembers(holder: object, path: string): string {
    open.push(holder)
    const text = Array.isArray(holder)
      ? `[${Array.from(holder, (item, index) => write(item, `${path}/${index}`)).join()}]`
      : `{${writeNamed(holder as Record<string, unknown>, path).join()}}`
    open.pop()
    return text
  }

  function writeNamed(holder: Readonly<Record<string, unknown>>, path: string): string[] {
    const keys = Object.keys(holder).filter((key) => holder[key] !== undefined)
    grow(keys.length, path)
    return keys.toSorted().map((key) => {
      grow(key.length, path)
      return `${JSON.stringify(key)}:${write(holder[key], `${path}/${key}`)}`
    })
  }

  function grow(by: number, path: string): void {
    length += by
    if (length <= maxLength && open.length <= maxDepth) return
    const limit = length > maxLength ? `${maxLength} characters` : `${maxDepth} levels`
    const message = `The value has more than ${limit}, at "${path.slice(0, 99)}".`
    throw new ToolwireError('JSON_LIMIT', message, { hint: 'Make it smaller or flatter.' })
  }

  return write(value, '')
}
