import { type Json, type JsonObject, isObject } from '../base/index.ts'
import { fields } from './_json.ts'
import { type SchemaDialect, anthropicStrict, openaiStrict } from './_schema-dialects.ts'
import { SchemaFacts } from './_schema-facts.ts'
import {
  type Schema,
  fromEntries,
  listOf,
  namedOf,
  schemasOf,
  shortJson,
  typesOf,
} from './_schema-keywords.ts'
import { definitionPrefix } from './_schema-reader.ts'

/** How much a strict schema asks of the compiler behind it. */
export interface StrictSize {
  readonly optional: number
  readonly unions: number
  readonly properties: number
  readonly values: number
  readonly depth: number
}

/** A schema for `strict: true`. */
export interface StrictSchema {
  readonly schema: JsonObject
  readonly size: StrictSize
  /** The input that the tool means: without the nulls that stand for what is left out. */
  restore(input: JsonObject): JsonObject
}

/** What becomes of a property that is not required: it stays so, or is null where it would be left out. */
export type OptionalAs = 'optional' | 'nullable'

/** The schema of an input nests no deeper where it is not meant to break us. */
const maxDepth = 500

/**
 * Closes every object of a schema that was lowered without loss: one that names its properties, and says
 * nothing of others, has no others. `undefined` where a strict schema could not say the same.
 */
export function strictSchema(schema: JsonObject, optionalAs: OptionalAs): StrictSchema | undefined {
  return new StrictWriter(schema, optionalAs).write()
}

class StrictWriter {
  readonly #root: JsonObject
  readonly #optionalAs: OptionalAs
  readonly #facts: SchemaFacts
  /** Properties that are null where they would be left out, by the object schema that has them. */
  readonly #nullable = new Map<Json, ReadonlySet<string>>()
  readonly #definitions = new Map<string, JsonObject>()
  #size = { optional: 0, unions: 0, properties: 0, values: 0, depth: 0 }
  #depth = 0
  /** How many references and nullable properties there are. */
  #marks = 0
  #isSame = true

  constructor(root: JsonObject, optionalAs: OptionalAs) {
    this.#root = root
    this.#optionalAs = optionalAs
    const definitions = namedOf(root['$defs'])
    this.#facts = new SchemaFacts((name) => definitions.get(name))
  }

  write(): StrictSchema | undefined {
    const { $defs, ...own } = this.#root
    const root = this.#write(own)
    for (const [name, definition] of namedOf($defs))
      this.#definitions.set(name, this.#write(fields(definition)))
    if (!this.#isSame) return undefined
    return {
      schema: $defs === undefined ? root : { ...root, $defs: fromEntries(this.#definitions) },
      size: this.#size,
      restore: (input) => fields(this.#restore(input, root)),
    }
  }

  #write(schema: JsonObject): JsonObject {
    this.#size.depth = Math.max(this.#size.depth, ++this.#depth)
    const out = new Map(Object.entries(schema))
    const { anyOf, items, type } = schema
    const isTyped = ['type', 'anyOf', '$ref'].some((name) => name in schema)
    if (!isTyped) this.#isSame = false
    if ('$ref' in schema) this.#marks++
    if (anyOf !== undefined || Array.isArray(type)) this.#size.unions++
    this.#size.values += listOf(schema['enum']).length
    if (anyOf !== undefined) out.set('anyOf', this.#alternatives(schemasOf(anyOf)))
    if (isObject(items)) out.set('items', this.#write(items))
    const nullable = listOf(type).includes('object') ? this.#close(schema, out) : undefined
    this.#depth--
    return this.#marked(fromEntries(out), nullable)
  }

  #alternatives(parts: readonly Schema[]): Json {
    const before = this.#marks
    const written = parts.map((part) => this.#write(fields(part)))
    // Which of them an input is decides which nulls are taken out of it.
    const isUnclear = this.#optionalAs === 'nullable' && this.#marks > before
    if (isUnclear && !this.#facts.areExclusive(parts)) this.#isSame = false
    return written
  }

  #close(schema: JsonObject, out: Map<string, Json>): ReadonlySet<string> {
    const others = schema['additionalProperties']
    // What names nothing may hold anything.
    if (others !== false && (others !== undefined || !('properties' in schema)))
      this.#isSame = false
    const properties = [...namedOf(schema['properties'])]
    const required = listOf(schema['required'])
    const optional = properties.filter(([key]) => !required.includes(key))
    const isNullable = this.#optionalAs === 'nullable'
    this.#size.properties += properties.length
    if (!isNullable) this.#size.optional += optional.length
    // Where null is a value of its own, it cannot stand for what is left out.
    if (isNullable && optional.some(([, part]) => this.#facts.acceptsNull(part)))
      this.#isSame = false
    const nullable = new Set(isNullable ? optional.map(([key]) => key) : [])
    const written = properties.map(([key, part]) => {
      const own = this.#write(fields(part))
      return [key, nullable.has(key) ? this.#orNull(own) : own] as const
    })
    out.set('properties', fromEntries(written))
    out.set('additionalProperties', false)
    if (isNullable)
      out.set(
        'required',
        properties.map(([key]) => key),
      )
    return nullable
  }

  #orNull(schema: JsonObject): JsonObject {
    const { type, anyOf } = schema
    const none = { type: 'null' }
    if (anyOf !== undefined) return { ...schema, anyOf: [...listOf(anyOf), none] }
    if (type === undefined || 'enum' in schema || 'const' in schema)
      return { anyOf: [schema, none] }
    return this.#marked({ ...schema, type: [...listOf(type), 'null'] }, this.#nullable.get(schema))
  }

  #marked(schema: JsonObject, nullable: ReadonlySet<string> | undefined): JsonObject {
    if (!nullable || nullable.size === 0) return schema
    this.#nullable.set(schema, nullable)
    this.#marks++
    return schema
  }

  #restore(value: Json, schema: JsonObject, depth = 0): Json {
    if (typeof value !== 'object' || value === null || depth > maxDepth) return value
    const { $ref, anyOf, items } = schema
    if (typeof $ref === 'string') return this.#restore(value, this.#target($ref), depth + 1)
    if (anyOf !== undefined) {
      const parts = listOf(anyOf).map((part) => fields(part))
      return this.#restore(value, parts.find((part) => this.#fits(value, part)) ?? {}, depth + 1)
    }
    if (!isObject(value))
      return listOf(value).map((item) => this.#restore(item, fields(items), depth + 1))
    const properties = new Map(Object.entries(fields(schema['properties'])))
    const absent = this.#nullable.get(schema)
    const members = Object.entries(value)
    return fromEntries(
      members
        .filter(([key, member]) => member !== null || !absent?.has(key))
        .map(([key, member]) => [
          key,
          this.#restore(member, fields(properties.get(key)), depth + 1),
        ]),
    )
  }

  /** Whether `value` may be the one of exclusive alternatives that `schema` is. */
  #fits(value: Json, schema: JsonObject, depth = 0): boolean {
    const { $ref, type } = schema
    if (typeof $ref === 'string' && depth < maxDepth)
      return this.#fits(value, this.#target($ref), depth + 1)
    const values = valuesOf(schema)
    if (values && !isObject(value)) return values.includes(value)
    const types = listOf(type).map((each) => (each === 'integer' ? 'number' : each))
    if (types.length > 0 && !typesOf([value]).every((each) => types.includes(each))) return false
    const properties = new Map(Object.entries(fields(schema['properties'])))
    return Object.entries(isObject(value) ? value : {}).every(([key, member]) => {
      const property = fields(properties.get(key))
      return !valuesOf(property) || this.#fits(member, property, depth + 1)
    })
  }

  #target(reference: string): JsonObject {
    return this.#definitions.get(reference.slice(definitionPrefix.length)) ?? {}
  }
}

function valuesOf(schema: JsonObject): readonly Json[] | undefined {
  const { enum: values, const: constant } = schema
  if (constant !== undefined) return [constant]
  return values === undefined ? undefined : listOf(values)
}

/** One provider's `strict: true`. */
export interface StrictMode {
  readonly dialect: SchemaDialect
  readonly optionalAs: OptionalAs
  /** Whether the provider compiles a schema beside those of other tools of the request. */
  fits(schema: StrictSchema, others: readonly StrictSchema[]): boolean
}

/** "'required' is required to be supplied and to be an array including every key in properties". */
export const openaiStrictMode: StrictMode = {
  dialect: openaiStrict,
  optionalAs: 'nullable',
  fits({ schema, size: { properties, depth, values } }) {
    const isShort = shortJson(schema, 120_000) !== undefined
    return isShort && properties <= 5000 && depth <= 10 && values <= 1000
  },
}

/** "too many optional parameters (limit: 24)", "too many parameters with union types (limit: 16)". */
export const anthropicStrictMode: StrictMode = {
  dialect: anthropicStrict,
  optionalAs: 'optional',
  fits({ size }, others) {
    const sum = (name: 'optional' | 'unions'): number =>
      others.reduce((total, other) => total + other.size[name], size[name])
    return others.length < 20 && sum('optional') <= 24 && sum('unions') <= 16
  },
}
