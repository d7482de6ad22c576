import { type JsonObject, canonicalJson, isObject } from '../base/index.ts'
import { repeatsAmbiguously } from './repeat-ambiguity.ts'
import { pointerSegment, schemaProblem } from './schema-problem.ts'

/** A schema goes to a model on every request, and to clients: one that is larger is a mistake or an attack. */
const limits = { maxDepth: 64, maxLength: 65_536 }

/** Keywords that hold data, in which nothing is a schema. */
const dataKeywords = ['const', 'default', 'enum', 'examples']

/**
 * Refuses a JSON Schema that is not JSON, too large or too deep, that could take unbounded time to check,
 * or that no finite value satisfies. Gives a copy with sorted keys that nobody else holds.
 * @throws {@link ToolwireError} naming the path
 */
export function checkSchema(schema: unknown): JsonObject {
  const text = canonicalJson(schema, limits)
  const copy: unknown = JSON.parse(text)
  if (!isObject(copy)) throw schemaProblem('', 'a schema is an object', 'Give { type: … }.')
  checkNode(copy, '')
  if (text.includes('"$ref"') && !new FiniteValue(copy).exists(copy))
    throw schemaProblem('', 'the schema requires itself, without end', 'Make a step optional.')
  // What was parsed from JSON is JSON.
  return copy as JsonObject
}

function checkNode(node: Record<string, unknown>, path: string): void {
  for (const [key, child] of Object.entries(node)) {
    const at = path + pointerSegment(key)
    if (key === '__proto__') throw schemaProblem(at, 'this key is not allowed', 'Rename it.')
    const patterns = key === 'patternProperties' && isObject(child) ? Object.keys(child) : []
    for (const pattern of key === 'pattern' ? [child] : patterns)
      if (typeof pattern === 'string' && repeatsAmbiguously(pattern))
        throw schemaProblem(
          at,
          `the pattern "${pattern}" can take exponential time`,
          'Let no two parts of a repeat match the same text.',
        )
    if (typeof child === 'object' && child && !dataKeywords.includes(key))
      checkNode(child as Record<string, unknown>, at)
  }
}

/** Looks for a value that ends: a way through the schema on which nothing requires itself. */
class FiniteValue {
  readonly #root: unknown
  readonly #found = new Set<unknown>()
  readonly #open = new Set<unknown>()
  #budget = 50_000

  constructor(root: unknown) {
    this.#root = root
  }

  exists(node: unknown): boolean {
    if (!isObject(node) || this.#found.has(node)) return true
    // A schema that takes so long to look through is refused like one that has no value.
    if (this.#open.has(node) || --this.#budget < 0) return false
    this.#open.add(node)
    const found = this.#inside(node).every((child) => this.exists(child)) && this.#choices(node)
    this.#open.delete(node)
    if (found) this.#found.add(node)
    return found
  }

  /** The schemas that every value of `node` satisfies, as far as they are easily known. */
  #inside({ $ref, allOf, type, required, properties, minItems, items }: Schema): unknown[] {
    const inside = [...list(allOf)]
    if (typeof $ref === 'string') inside.push(this.#target($ref))
    if (type === 'object' && isObject(properties))
      for (const key of list(required))
        inside.push(Object.hasOwn(properties, String(key)) && properties[String(key)])
    if (type === 'array' && Number(minItems) > 0) inside.push(items)
    return inside
  }

  #choices({ anyOf, oneOf }: Schema): boolean {
    return [anyOf, oneOf].every(
      (options) => list(options).length === 0 || list(options).some((one) => this.exists(one)),
    )
  }

  /** What a pointer into the document means; other references are none of our business here. */
  #target(reference: string): unknown {
    const [document, ...keys] = reference.split('/')
    if (document !== '#') return undefined
    return keys.reduce<unknown>((node, key) => {
      const name = decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~')
      return typeof node === 'object' && node && Object.hasOwn(node, name)
        ? (node as Schema)[name]
        : undefined
    }, this.#root)
  }
}

type Schema = Record<string, unknown>

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
