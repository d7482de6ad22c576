// JSON Schema 2020-12, Core, in its plainest form: no limits, no messages, and the dynamic scope carried
// along as the standard describes it. To compare with, so it shares nothing with what it is compared with.

export type Schema = Readonly<Record<string, unknown>>

/** The members that a schema looked at, where the value is valid. */
type Evaluated = ReadonlySet<string> | undefined

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/**
 * Whether `value` is valid. Each resource of `document` has a plain name as its `$id`, and its anchors are at
 * its root and in its `$defs`.
 */
export function isValid(document: Schema, value: unknown): boolean {
  const oracle = new Oracle(document)
  return oracle.evaluate(document, value, []) !== undefined
}

class Oracle {
  readonly #resources = new Map<string, Schema>()

  constructor(document: Schema) {
    this.#collect(document)
  }

  /** `scope` holds the resources that evaluation came through, the outermost first. */
  evaluate(schema: unknown, value: unknown, outer: readonly string[]): Evaluated {
    if (typeof schema === 'boolean') return schema ? new Set() : undefined
    const own = schema as Schema
    const scope = typeof own['$id'] === 'string' ? [...outer, own['$id']] : outer
    const type = isObject(value) ? 'object' : typeof value
    if ('type' in own && own['type'] !== type) return undefined
    const parts = this.#inPlace(own, value, scope)
    if (parts.includes(undefined)) return undefined
    const seen = new Set(parts.flatMap((part) => [...(part ?? [])]))
    return isObject(value) && !this.#hasValidMembers(own, value, { scope, seen }) ? undefined : seen
  }

  #collect(node: unknown): void {
    if (!isObject(node)) return
    if (typeof node['$id'] === 'string') this.#resources.set(node['$id'], node)
    for (const inner of Object.values(node)) this.#collect(inner)
  }

  /** What each schema that applies to the same value says. */
  #inPlace(own: Schema, value: unknown, scope: readonly string[]): Evaluated[] {
    const on = (schema: unknown): Evaluated => this.evaluate(schema, value, scope)
    const references = ['$ref', '$dynamicRef'].filter((keyword) => keyword in own)
    const dependents = Object.entries((own['dependentSchemas'] ?? {}) as Schema)
    return [
      ...references.map((keyword) => this.#follow(keyword, String(own[keyword]), { value, scope })),
      ...((own['allOf'] ?? []) as unknown[]).map(on),
      ...chosen(own['anyOf'], on, (count) => count > 0),
      ...chosen(own['oneOf'], on, (count) => count === 1),
      ...('not' in own && on(own['not']) ? [undefined] : []),
      ...('if' in own ? branches(own, on) : []),
      ...dependents
        .filter(([key]) => isObject(value) && key in value)
        .map(([, inner]) => on(inner)),
    ]
  }

  #hasValidMembers(
    own: Schema,
    value: Schema,
    { scope, seen }: { readonly scope: readonly string[]; readonly seen: Set<string> },
  ): boolean {
    const properties = (own['properties'] ?? {}) as Schema
    const evaluate = (key: string, schema: unknown): boolean => {
      seen.add(key)
      return this.evaluate(schema, value[key], scope) !== undefined
    }
    const keys = Object.keys(value)
    const named = keys.filter((key) => key in properties)
    const isRefused = named.some((key) => !evaluate(key, properties[key]))
    const rest = keys.filter((key) => 'additionalProperties' in own && !named.includes(key))
    const isRestRefused = rest.some((key) => !evaluate(key, own['additionalProperties']))
    const unseen = keys.filter((key) => 'unevaluatedProperties' in own && !seen.has(key))
    const isUnseenRefused = unseen.some((key) => !evaluate(key, own['unevaluatedProperties']))
    return !isRefused && !isRestRefused && !isUnseenRefused
  }

  #follow(
    keyword: string,
    reference: string,
    { value, scope }: { readonly value: unknown; readonly scope: readonly string[] },
  ): Evaluated {
    const [uri = '', fragment = ''] = reference.split('#')
    const initial = uri || (scope.at(-1) ?? '')
    const hasAnchor = (resource: string): boolean =>
      this.#anchor(resource, fragment, '$dynamicAnchor') !== undefined
    const isDynamic = keyword === '$dynamicRef' && hasAnchor(initial)
    const resource = (isDynamic && scope.find(hasAnchor)) || initial
    return this.evaluate(this.#target(resource, fragment), value, [...scope, resource])
  }

  #target(resource: string, fragment: string): unknown {
    const root = this.#resources.get(resource) ?? {}
    if (fragment === '') return root
    if (fragment.startsWith('/')) return (root['$defs'] as Schema)[fragment.split('/').at(-1) ?? '']
    const [dynamic, plain] = ['$dynamicAnchor', '$anchor'].map((keyword) =>
      this.#anchor(resource, fragment, keyword),
    )
    return dynamic ?? plain
  }

  #anchor(resource: string, name: string, keyword: string): Schema | undefined {
    const root = this.#resources.get(resource) ?? {}
    const definitions = Object.values((root['$defs'] ?? {}) as Schema) as Schema[]
    // What begins a resource of its own has its anchors there.
    return [root, ...definitions.filter((one) => !('$id' in one))].find(
      (one) => one[keyword] === name,
    )
  }
}

/** What the valid ones among `schemas` say, or that not as many are valid as there have to be. */
function chosen(
  schemas: unknown,
  on: (schema: unknown) => Evaluated,
  isEnough: (count: number) => boolean,
): Evaluated[] {
  if (!Array.isArray(schemas)) return []
  const valid = schemas.map(on).filter(Boolean)
  return isEnough(valid.length) ? valid : [undefined]
}

function branches(own: Schema, on: (schema: unknown) => Evaluated): Evaluated[] {
  const condition = on(own['if'])
  const branch = own[condition ? 'then' : 'else']
  return [...(condition ? [condition] : []), ...(branch === undefined ? [] : [on(branch)])]
}
