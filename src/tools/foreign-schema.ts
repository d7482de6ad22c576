import { isObject } from '../base/index.ts'
import { pointerSegment, schemaProblem } from './schema-problem.ts'
import { appliesInPlace, isLegalKeyword, subschemas } from './schema-keywords.ts'

export type Schema = Record<string, unknown>

/** The drafts that are read; 6 is read as 7. */
export type Draft = '7' | '2019-09' | '2020-12'

/** Keywords that lead elsewhere in the scope of an evaluation, and the only draft that has them. */
const drafts = new Map<string, Draft>([
  ['$recursiveRef', '2019-09'],
  ['$recursiveAnchor', '2019-09'],
  ['$dynamicRef', '2020-12'],
  ['$dynamicAnchor', '2020-12'],
])

/**
 * Checks the keywords of one schema.
 * @throws {@link ToolwireError} for one that the interpreter would misread, or could be harmed by
 */
export function checkKeywords(schema: Schema, path: string, draft: Draft): void {
  for (const [keyword, value] of Object.entries(schema)) {
    const at = path + pointerSegment(keyword)
    const only = drafts.get(keyword) ?? draft
    // To ignore it, as that draft does, would accept what its author meant to refuse.
    if (only !== draft)
      throw schemaProblem(at, `draft ${draft} has no ${keyword}`, `Let $schema name ${only}.`)
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

/** The interpreter recurses along references. */
const maxChain = 200

/**
 * Refuses a reference that leads back to the same place, on which the interpreter would go on for ever.
 * `targets` holds what the `$ref` of each schema leads to.
 * @throws {@link ToolwireError} naming the path
 */
export function checkLoops(
  schemas: ReadonlyMap<Schema, string>,
  targets: ReadonlyMap<Schema, unknown>,
): void {
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
    visit(targets.get(schema))
    for (const one of subschemas(schema)) if (appliesInPlace(one)) visit(one.schema)
    open.delete(schema)
    done.add(schema)
  }

  for (const schema of schemas.keys()) visit(schema)
}
