import { type JsonObject, canonicalJson, isObject } from '../base/index.ts'
import { repeatsAmbiguously } from './repeat-ambiguity.ts'
import { pointerSegment, schemaProblem } from './schema-problem.ts'

/** A schema goes to a model on every request: a larger one is a mistake or an attack. */
const limits = { maxDepth: 64, maxLength: 65_536 }

/** Keywords that hold data, in which nothing is a schema. */
const dataKeywords = ['const', 'default', 'enum', 'examples']

/**
 * Refuses a JSON Schema that is not JSON, too large, too deep, slow to check or satisfied by no finite value.
 * Gives a copy that nobody else holds.
 * @throws {@link ToolwireError} naming the path
 */
export function checkSchema(schema: object): JsonObject {
  canonicalJson(schema, limits)
  const text = JSON.stringify(schema)
  const copy = JSON.parse(text) as JsonObject
  checkNode(copy, '')
  if (text.includes('"$ref"') && !isFinite(copy))
    throw schemaProblem('', 'it requires itself, without end', 'Make a step optional.')
  return copy
}

function checkNode(node: object, path: string): void {
  for (const [key, child] of Object.entries(node) as [string, unknown][]) {
    const at = path + pointerSegment(key)
    if (key === '__proto__') throw schemaProblem(at, 'this key is not allowed', 'Rename it.')
    const isMap = key === 'patternProperties' && isObject(child)
    for (const pattern of isMap ? Object.keys(child) : key === 'pattern' ? [child] : [])
      if (typeof pattern === 'string' && repeatsAmbiguously(pattern))
        throw schemaProblem(
          at,
          `"${pattern}" can take exponential time`,
          'Let the parts of a repeat match different text.',
        )
    if (typeof child === 'object' && child && !dataKeywords.includes(key)) checkNode(child, at)
  }
}

type Schema = Readonly<Record<string, unknown>>

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Whether some finite value satisfies the schema: whether a way through it never requires itself. */
function isFinite(root: unknown): boolean {
  const finite = new Set<unknown>()
  const open = new Set<unknown>()
  let budget = 50_000

  function check(node: unknown): boolean {
    if (!isObject(node) || finite.has(node)) return true
    // What takes so long to look through is refused like what has no value.
    if (open.has(node) || --budget < 0) return false
    open.add(node)
    const result =
      demands(node).every(check) &&
      [node['anyOf'], node['oneOf']].every((some) => !list(some)[0] || list(some).some(check))
    open.delete(node)
    if (result) finite.add(node)
    return result
  }

  /** The schemas that every value of `node` satisfies, or has in it, as far as that is easily known. */
  function demands({
    $ref,
    allOf,
    type,
    required,
    properties,
    minItems,
    items,
  }: Schema): unknown[] {
    const members = isObject(properties) ? new Map(Object.entries(properties)) : null
    return [
      ...list(allOf),
      ...(type === 'object' && members
        ? list(required).map((key) => members.get(String(key)))
        : []),
      type === 'array' && minItems && items,
      typeof $ref === 'string' && target(root, $ref),
    ]
  }

  return check(root)
}

/** What a pointer into the document leads to; other references are no business of ours. */
function target(root: unknown, reference: string): unknown {
  const [document, ...keys] = decodeURI(reference).split('/')
  const step = (node: unknown, key: string): unknown =>
    isObject(node) && new Map(Object.entries(node)).get(key.replace(/~1/g, '/').replace(/~0/g, '~'))
  return document === '#' && keys.reduce(step, root)
}
