import { type Json, type JsonObject, isObject } from '../base/index.ts'

/** A schema of JSON Schema 2020-12. */
export type Schema = boolean | JsonObject

type Kind =
  | 'schema'
  | 'schemas'
  | 'named'
  | 'number'
  | 'count'
  | 'text'
  | 'flag'
  | 'names'
  | 'namesByName'
  | 'values'
  | 'type'
  | 'value'

const patterns: Readonly<Record<Kind, RegExp>> = {
  schema:
    /^(additionalProperties|contains|else|if|items|not|propertyNames|then|unevaluated(Items|Properties))$/,
  schemas: /^((all|any|one)Of|prefixItems)$/,
  named: /^(dependentSchemas|patternProperties|properties)$/,
  number: /^((exclusiveM|m)(ax|in)imum|multipleOf)$/,
  count: /^(max|min)(Contains|Items|Length|Properties)$/,
  text: /^(\$ref|format|pattern)$/,
  flag: /^uniqueItems$/,
  names: /^required$/,
  namesByName: /^dependentRequired$/,
  values: /^enum$/,
  type: /^type$/,
  value: /^const$/,
}

/** What a keyword holds; `undefined` for one that constrains nothing, known or not. */
export function kindOf(keyword: string): Kind | undefined {
  // The keys of the table are kinds.
  const kinds = Object.keys(patterns) as Kind[]
  return kinds.find((kind) => patterns[kind].test(keyword))
}

const isText = (value: Json): boolean => typeof value === 'string'
const isNumber = (value: Json): boolean => typeof value === 'number'
const isNames = (value: Json): boolean => Array.isArray(value) && value.every(isText)
const isMapOf =
  (isMember: (value: Json) => boolean) =>
  (value: Json): boolean =>
    isObject(value) && Object.values(value).every(isMember)
const typeNames: readonly Json[] = [
  'array',
  'boolean',
  'integer',
  'null',
  'number',
  'object',
  'string',
]

const shapes: Readonly<Record<Kind, (value: Json) => boolean>> = {
  schema: isSchema,
  schemas: (value) => Array.isArray(value) && value.length > 0 && value.every(isSchema),
  named: isMapOf(isSchema),
  number: isNumber,
  count: (value) => Number.isInteger(value) && Number(value) >= 0,
  text: isText,
  flag: (value) => typeof value === 'boolean',
  names: isNames,
  namesByName: isMapOf(isNames),
  values: (value) => Array.isArray(value),
  type: (value) =>
    listOf(value).every((type) => typeNames.includes(type)) && listOf(value).length > 0,
  value: () => true,
}

/** Whether a keyword may hold `value`. */
export function isLegal(keyword: string, value: Json): boolean {
  const kind = kindOf(keyword)
  return !kind || shapes[kind](value)
}

export function isSchema(value: Json | undefined): value is Schema {
  return typeof value === 'boolean' || isObject(value)
}

/** Whether a schema refuses nothing. */
export function isOpen(schema: Schema): boolean {
  return typeof schema === 'boolean' ? schema : constraints(schema).length === 0
}

/** The keywords of a schema that constrain. */
export function constraints(schema: JsonObject): readonly string[] {
  return Object.keys(schema).filter((keyword) => kindOf(keyword))
}

/** Whether a keyword with `value` refuses nothing, and means nothing to those beside it. */
export function isVacuous(keyword: string, value: Json): boolean {
  if (/^(additional|unevaluated|propertyNames|then|else)/.test(keyword))
    return isSchema(value) && isOpen(value)
  if (/^min(Items|Length|Properties)$/.test(keyword)) return value === 0
  if (keyword === 'uniqueItems') return value === false
  const isMembers = /^(dependent|patternProperties|properties|required)/.test(keyword)
  return isMembers && Object.keys(Object(value)).length === 0
}

/** A list, or a single value as one. */
export function listOf(value: Json | undefined): readonly Json[] {
  if (value === undefined) return []
  return Array.isArray(value) ? (value as readonly Json[]) : [value]
}

/** The schemas in a keyword that holds a list of them. */
export function schemasOf(value: Json | undefined): readonly Schema[] {
  return value === undefined ? [] : listOf(value).filter(isSchema)
}

/** The schemas in a keyword that holds them by name. */
export function namedOf(value: Json | undefined): ReadonlyMap<string, Schema> {
  // What holds anything else was taken out when the schema was read.
  return new Map(isObject(value) ? (Object.entries(value) as [string, Schema][]) : [])
}

/** The types of values, as the keyword `type` names them. */
export function typesOf(values: readonly Json[]): readonly string[] {
  return [
    ...new Set(
      values.map((value) =>
        value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value,
      ),
    ),
  ]
}

/** An object with these members, also with one that is called `__proto__`. */
export function fromEntries(entries: Iterable<readonly [string, Json]>): JsonObject {
  return Object.fromEntries(entries)
}

/** `value` as JSON where that is not longer than `limit`. What is put together may be shared, and huge. */
export function shortJson(value: Json, limit: number): string | undefined {
  let left = limit
  function fits(item: Json): boolean {
    left -= typeof item === 'string' ? item.length + 2 : 2
    if (left < 0 || typeof item !== 'object' || item === null) return left >= 0
    return Object.entries(item).every(([key, member]) => {
      left -= key.length
      return fits(member)
    })
  }
  return fits(value) ? JSON.stringify(value) : undefined
}
