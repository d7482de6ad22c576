import { type Json, type JsonObject, isObject } from '../../base/index.ts'

/** What a schema admits; `null` for anything. */
export type Types = ReadonlySet<string> | null

/**
 * Reads as much of a JSON Schema as it takes to know which types a value may have where. What it does not
 * understand counts as "anything", for which nothing is ever coerced.
 */
export class SchemaTypes {
  readonly #root: Json
  readonly #known = new Map<object, Types>()

  constructor(root: Json) {
    this.#root = root
  }

  /** The types that one of `schemas` admits. */
  typesOf(schemas: readonly Json[]): Types {
    return schemas.length === 0 ? null : union(schemas.map((schema) => this.#typesOf(schema)))
  }

  /** What `schemas` say of the member or item `key` of a value. */
  childrenOf(schemas: readonly Json[], key: string | number): readonly Json[] {
    const found = new Set<Json>()
    const seen = new Set<Json>()
    const open = [...schemas]
    for (let schema = open.pop(); schema !== undefined; schema = open.pop()) {
      if (!isObject(schema) || seen.has(schema)) continue
      seen.add(schema)
      open.push(...this.#parts(schema))
      const child = typeof key === 'number' ? itemSchema(schema, key) : memberSchema(schema, key)
      if (child !== undefined) found.add(child)
    }
    return [...found]
  }

  #typesOf(schema: Json): Types {
    if (!isObject(schema)) return null
    const known = this.#known.get(schema)
    if (known !== undefined) return known
    // Meanwhile, for a schema that refers to itself.
    this.#known.set(schema, null)
    const types = this.#computeTypes(schema)
    this.#known.set(schema, types)
    return types
  }

  /** What all keywords together leave. */
  #computeTypes(schema: JsonObject): Types {
    const { type, const: constant, enum: values, anyOf, oneOf, allOf, $ref } = schema
    const every: Types[] = [
      ...(typeof type === 'string' ? [new Set([type])] : []),
      ...(Array.isArray(type) ? [new Set(type.map(String))] : []),
      ...(constant === undefined ? [] : [new Set([typeOf(constant)])]),
      ...(Array.isArray(values) ? [new Set(values.map(typeOf))] : []),
      ...[anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? [this.typesOf(list)] : [])),
      ...(Array.isArray(allOf) ? allOf.map((one) => this.#typesOf(one)) : []),
      ...($ref === undefined ? [] : [this.#typesOf(this.#resolve($ref))]),
    ]
    return every.reduce(intersection, null)
  }

  #parts({ anyOf, oneOf, allOf, $ref }: JsonObject): readonly Json[] {
    const lists = [anyOf, oneOf, allOf].flatMap((list) => (Array.isArray(list) ? list : []))
    return $ref === undefined ? lists : [...lists, this.#resolve($ref)]
  }

  /** The schema that a reference within the document means. */
  #resolve($ref: Json): Json {
    if (typeof $ref !== 'string' || !/^#(?:\/|$)/.test($ref)) return true
    let schema: Json | undefined = this.#root
    for (const segment of $ref.split('/').slice(1)) {
      const key = segment.replaceAll('~1', '/').replaceAll('~0', '~')
      if (!isObject(schema) || !Object.hasOwn(schema, key)) return true
      schema = schema[key]
    }
    return schema ?? true
  }
}

/** The type of a value as JSON Schema names it; a whole number is an `integer`. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Number.isInteger(value) ? 'integer' : typeof value
}

/** Whether a value of `type` is admitted. */
export function admits(types: Types, type: string): boolean {
  return types === null || types.has(type) || (type === 'integer' && types.has('number'))
}

function memberSchema(schema: Record<string, Json>, key: string): Json | undefined {
  const { properties, patternProperties, additionalProperties } = schema
  if (isObject(properties) && Object.hasOwn(properties, key)) return properties[key]
  // Which pattern fits is the validator's business.
  return patternProperties === undefined ? additionalProperties : true
}

function itemSchema(schema: Record<string, Json>, index: number): Json | undefined {
  const { prefixItems, items } = schema
  const tuple = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : []
  if (index < tuple.length) return tuple[index]
  return Array.isArray(items) ? schema['additionalItems'] : items
}

function union(all: readonly Types[]): Types {
  const types = new Set<string>()
  for (const one of all) {
    if (one === null) return null
    for (const type of one) types.add(type)
  }
  return types
}

function intersection(a: Types, b: Types): Types {
  if (a === null || b === null) return a ?? b
  return new Set(
    [...a].filter((type) => admits(b, type)).concat([...b].filter((type) => admits(a, type))),
  )
}
