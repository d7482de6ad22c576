import { type Json, type JsonObject, canonicalJson, isObject } from '../base/index.ts'
import { type Schema, listOf, namedOf, schemasOf, typesOf } from './_schema-keywords.ts'
import { definitionPrefix } from './_schema-reader.ts'

/** More alternatives are not compared each with each. */
const maxCompared = 64
/** Nothing is known of what is behind more references and combinations. */
const maxDepth = 8

/** What can be known of the values that satisfy schemas. */
export class SchemaFacts {
  readonly #definition: (name: string) => Schema | undefined

  /** `definition` gives a schema of `$defs`. */
  constructor(definition: (name: string) => Schema | undefined) {
    this.#definition = definition
  }

  /** What `reference` leads to. */
  target(reference: string): Schema {
    return this.#definition(reference.slice(definitionPrefix.length)) ?? true
  }

  acceptsNull(schema: Schema, depth = 0): boolean {
    const shown = this.#reveal(schema)
    const types = valueTypes(shown)
    if (types || shown === false || depth > maxDepth)
      return types?.includes('null') ?? shown !== false
    const unions = isObject(shown) ? [shown['anyOf'], shown['oneOf']] : []
    return unions.every(
      (union) =>
        union === undefined || schemasOf(union).some((part) => this.acceptsNull(part, depth + 1)),
    )
  }

  /** Whether no value can satisfy two of `schemas`, as far as that is easily seen. */
  areExclusive(schemas: readonly Schema[]): boolean {
    const shown = schemas.map((schema) => this.#reveal(schema))
    return (
      schemas.length <= maxCompared &&
      shown.every((a, at) => shown.slice(at + 1).every((b) => this.#areDisjoint(a, b)))
    )
  }

  #areDisjoint(a: Schema, b: Schema): boolean {
    const [typesA, typesB] = [valueTypes(a), valueTypes(b)]
    const common = typesA?.filter((type) => typesB?.includes(type))
    if (!common || !typesB || common.some((type) => type !== 'object')) return false
    return common.length === 0 || (isObject(a) && isObject(b) && this.#haveMarks(a, b))
  }

  /** Whether both require a property in which they want different values. */
  #haveMarks(a: JsonObject, b: JsonObject): boolean {
    const [inA, inB] = [namedOf(a['properties']), namedOf(b['properties'])]
    const required = listOf(b['required'])
    return listOf(a['required']).some((name) => {
      if (typeof name !== 'string' || !required.includes(name)) return false
      const valuesA = literals(this.#reveal(inA.get(name) ?? true))
      const valuesB = literals(this.#reveal(inB.get(name) ?? true))
      return valuesA && valuesB && !valuesA.some((value) => valuesB.includes(value))
    })
  }

  /** What a schema says that may be nothing but a reference. */
  #reveal(schema: Schema, depth = 0): Schema {
    const reference = isObject(schema) ? schema['$ref'] : undefined
    return typeof reference === 'string' && depth < maxDepth
      ? this.#reveal(this.target(reference), depth + 1)
      : schema
  }
}

/** The types of what may satisfy `schema`, with `number` for `integer`; `undefined` where that is not known. */
function valueTypes(schema: Schema): readonly Json[] | undefined {
  if (!isObject(schema)) return undefined
  const values = 'const' in schema ? [schema['const'] ?? null] : schema['enum']
  if (values !== undefined) return typesOf(listOf(values))
  const types = listOf(schema['type']).map((type) => (type === 'integer' ? 'number' : type))
  return types.length > 0 ? types : undefined
}

function literals(schema: Schema): readonly string[] | undefined {
  if (!isObject(schema)) return undefined
  const values = 'const' in schema ? [schema['const'] ?? null] : schema['enum']
  return values === undefined ? undefined : listOf(values).map((value) => canonicalJson(value))
}
