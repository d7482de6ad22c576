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
  const ancestors: object[] = []
  let length = 0

  function refuse(problem: string, path: string): never {
    const message = `JSON cannot carry ${problem}, at "${path || '/'}".`
    throw new ToolwireError('INVALID_INPUT', message, { hint: 'Use plain JSON data only.' })
  }

  function grow(by: number, path: string): void {
    length += by
    if (length <= maxLength && ancestors.length <= maxDepth) return
    const limit = length > maxLength ? `${maxLength} characters` : `${maxDepth} levels`
    const message = `The value is larger than ${limit}, at "${path.slice(0, 99)}".`
    throw new ToolwireError('JSON_LIMIT', message, { hint: 'Make it smaller or flatter.' })
  }

  function write(item: unknown, path: string): string {
    if (typeof item === 'object' && item) return writeObject(item, path)
    const isJson = item === null || typeof item === 'boolean' || typeof item === 'string'
    if (!isJson && !Number.isFinite(item))
      refuse(typeof item === 'number' ? `${item}` : `a value of type ${typeof item}`, path)
    grow(typeof item === 'string' ? item.length : 4, path)
    return JSON.stringify(item)
  }

  function writeObject(item: object, path: string): string {
    if (ancestors.includes(item)) refuse('a cycle', path)
    ancestors.push(item)
    grow(2, path)
    const text = Array.isArray(item)
      ? `[${Array.from(item, (child, index) => write(child, `${path}/${index}`)).join()}]`
      : `{${writeMembers(item, path).join()}}`
    ancestors.pop()
    return text
  }

  function writeMembers(item: object, path: string): string[] {
    // By tag, because a plain object of another frame has another prototype.
    const kind = Object.prototype.toString.call(item).slice(8, -1)
    if (kind !== 'Object') refuse(`an object of type ${kind}`, path)
    const members = Object.entries(item).filter(([, child]) => child !== undefined)
    grow(members.length, path)
    return members
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => {
        grow(key.length, path)
        return `${JSON.stringify(key)}:${write(child, `${path}/${key}`)}`
      })
  }

  return write(value, '')
}
