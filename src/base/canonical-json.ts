import { ToolwireError } from './errors.ts'

/**
 * Writes `value` as JSON in one form only (RFC 8785: sorted keys, no space), so that equal values give
 * equal text and equal hashes. Members that are `undefined` are left out, as in `JSON.stringify`;
 * a lone surrogate is written as an escape. Throws `INVALID_INPUT`, naming the path, for all else that
 * JSON cannot carry and for a cycle, and `JSON_LIMIT` for what is nested deeper than `maxDepth`.
 */
export function canonicalJson(value: unknown, maxDepth = 256): string {
  const ancestors: object[] = []

  function fail(problem: string, path: string): never {
    const message = `A value that JSON cannot carry at "${path || '/'}": ${problem}.`
    throw new ToolwireError('INVALID_INPUT', message, { hint: 'Pass plain JSON data only.' })
  }

  function write(item: unknown, path: string): string {
    if (item === null || typeof item === 'boolean' || typeof item === 'string') {
      return JSON.stringify(item)
    }
    if (typeof item === 'number') {
      return Number.isFinite(item) ? JSON.stringify(item) : fail(String(item), path)
    }
    if (typeof item !== 'object') return fail(`a value of type ${typeof item}`, path)
    return writeObject(item, path)
  }

  function writeObject(item: object, path: string): string {
    if (ancestors.includes(item)) return fail('a cycle', path)
    if (ancestors.push(item) > maxDepth) {
      const message = `A value is nested deeper than ${maxDepth} levels at "${path.slice(0, 80)}".`
      throw new ToolwireError('JSON_LIMIT', message, { hint: 'Flatten it.' })
    }
    const text = Array.isArray(item)
      ? `[${Array.from(item, (child, index) => write(child, `${path}/${index}`)).join()}]`
      : `{${writeMembers(item, path).join()}}`
    ancestors.pop()
    return text
  }

  function writeMembers(item: object, path: string): string[] {
    // By tag, because a plain object of another frame has another prototype.
    const kind = Object.prototype.toString.call(item).slice(8, -1)
    if (kind !== 'Object') return fail(`an object of type ${kind}`, path)
    return Object.entries(item)
      .filter(([, child]) => child !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => `${JSON.stringify(key)}:${write(child, `${path}/${key}`)}`)
  }

  return write(value, '')
}
