import { isObject } from '../base/index.ts'
import { pointerSegment, schemaProblem } from './schema-problem.ts'
import { appliesInPlace, isLegalKeyword, subschemas } from './schema-keywords.ts'

export type Schema = Record<string, unknown>

/** Finds what a `$ref` leads to; the schema that holds it, because a reference is relative to that. */
export type Resolve = (schema: Schema) => unknown

/**
 * All schemas within `root`, with their paths, checked one by one.
 * @throws {@link ToolwireError} for a keyword that the interpreter would misread, or could be harmed by
 */
export function collectSchemas(
  root: unknown,
  path = '',
  found: Map<Schema, string> = new Map(),
): Map<Schema, string> {
  if (!isObject(root) || found.has(root)) return found
  checkKeywords(root, path)
  found.set(root, path)
  for (const { keys, schema } of subschemas(root))
    collectSchemas(schema, path + keys.map(pointerSegment).join(''), found)
  return found
}

/** The interpreter recurses along references. */
const maxChain = 200

const dynamic = ['$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor']

function checkKeywords(schema: Schema, path: string): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const at = path + pointerSegment(keyword)
    if (dynamic.includes(keyword))
      throw schemaProblem(at, 'dynamic references are not supported', 'Use $ref and $defs.')
    if (keyword.startsWith('__absolute_'))
      throw schemaProblem(at, 'this keyword is not allowed', 'Rename it.')
    if (!isLegalKeyword(keyword, value))
      throw schemaProblem(
        at,
        `${JSON.stringify(value).slice(0, 40)} is not legal`,
        'See json-schema.org.',
      )
  }
}

/**
 * Refuses a reference that leads nowhere, on which the interpreter would fail when the first value comes,
 * and one that leads back to the same place, on which it would go on for ever. Adds to `schemas` those to
 * which only references lead.
 * @throws {@link ToolwireError} naming the path
 */
export function checkReferences(schemas: Map<Schema, string>, resolve: Resolve): void {
  const done = new Set<unknown>()
  const open = new Set<unknown>()

  function visit(schema: unknown): void {
    if (!isObject(schema) || done.has(schema)) return
    const path = schemas.get(schema) ?? ''
    if (open.has(schema))
      throw schemaProblem(path, 'it refers to itself without end', 'Let it go deeper first.')
    if (open.size > maxChain)
      throw schemaProblem(path, 'too many references follow one another', 'Shorten the chain.')
    open.add(schema)
    if (schema['$ref'] !== undefined) visit(follow(schema, `${path}/$ref`))
    for (const one of subschemas(schema)) if (appliesInPlace(one)) visit(one.schema)
    open.delete(schema)
    done.add(schema)
  }

  function follow(schema: Schema, path: string): unknown {
    const target = resolve(schema)
    if (target === undefined)
      throw schemaProblem(
        path,
        `"${String(schema['$ref'])}" leads nowhere`,
        'Put it into $defs, or its document into the `schemas` of jsonSchema.',
      )
    collectSchemas(target, `${path}:${String(schema['$ref'])}`, schemas)
    return target
  }

  // A Map goes on with what is added to it meanwhile.
  for (const schema of schemas.keys()) visit(schema)
}
