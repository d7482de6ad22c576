import type { JsonObject } from '../base/index.ts'
import { pointerSegment, schemaProblem } from './schema-problem.ts'

/** The part of a zod 3 schema that its conversion reads. */
export interface Zod3Schema {
  readonly description?: string
  readonly _def: Zod3Definition
  isOptional(): boolean
}

/** The fields of all definitions together; each type of schema has its own of them. */
interface Zod3Definition {
  readonly typeName: string
  readonly checks: readonly Check[]
  readonly value: unknown
  readonly values: readonly string[] | Readonly<Record<string, string | number>>
  readonly type: Zod3Schema
  readonly innerType: Zod3Schema
  readonly schema?: Zod3Schema
  readonly in: Zod3Schema
  readonly left: Zod3Schema
  readonly right: Zod3Schema
  readonly keyType: Zod3Schema
  readonly valueType: Zod3Schema
  readonly catchall: Zod3Schema
  readonly unknownKeys: string
  readonly options: Iterable<Zod3Schema>
  readonly items: readonly Zod3Schema[]
  readonly rest: Zod3Schema | null
  readonly minLength: Limit | null
  readonly maxLength: Limit | null
  readonly exactLength: Limit | null
  readonly shape: () => Readonly<Record<string, Zod3Schema>>
  readonly getter: () => Zod3Schema
  readonly defaultValue: () => unknown
}

interface Limit {
  readonly value: number
}

interface Check {
  readonly kind: string
  readonly value?: string | number
  readonly inclusive?: boolean
  readonly regex?: RegExp
  readonly version?: string
}

type Schema = Record<string, unknown>
/** Converts a schema that stands at `keys` below the one that is being converted. */
type Convert = (schema: Zod3Schema, ...keys: readonly (string | number)[]) => Schema
type Converter = (definition: Zod3Definition, convert: Convert) => Schema

/** Whether `schema` is of zod 3, which cannot write JSON Schema itself. */
export function isZod3(schema: object): schema is Zod3Schema {
  return !('_zod' in schema) && Boolean((schema as Partial<Zod3Schema>)['_def']?.typeName)
}

/**
 * Writes the JSON Schema of what a zod 3 schema takes in. Our own, because the core imports no package
 * and is synchronous. The caller checks that what comes out is JSON.
 */
export function zod3ToJsonSchema(root: Zod3Schema): JsonObject {
  const open: Zod3Schema[] = []
  let path = ''
  const convert: Convert = (schema, ...keys) => {
    const { _def: definition, description } = schema
    const outer = path
    path += keys.map(pointerSegment).join('')
    const converter = converters[definition.typeName.slice(3)]
    const recursive = open.includes(schema)
    if (!converter || recursive)
      throw schemaProblem(
        path,
        recursive ? 'it is recursive' : `${definition.typeName} is not JSON`,
        recursive ? 'Use zod 4.' : 'Take text and transform it.',
      )
    open.push(schema)
    const result = converter(definition, convert)
    open.pop()
    path = outer
    return description ? { ...result, description } : result
  }
  return convert(root) as JsonObject
}

const ofType: Converter = ({ typeName }) => ({ type: typeName.slice(3).toLowerCase() })
const anything: Converter = () => ({})
const nothing: Converter = () => ({ not: {} })
/** A wrapper, seen from its entrance. */
const inner: Converter = (definition, convert) =>
  convert(definition.innerType ?? definition.schema ?? definition.type ?? definition.in)
const all = (
  schemas: Iterable<Zod3Schema>,
  keyword: string,
  convert: Convert,
): Record<string, Schema[]> => ({
  [keyword]: Array.from(schemas, (schema, index) => convert(schema, keyword, index)),
})
const union: Converter = ({ options }, convert) => all(options, 'anyOf', convert)

const converters: Readonly<Record<string, Converter>> = {
  String: ({ checks }) => Object.assign({ type: 'string' }, ...checks.map(stringCheck)) as Schema,
  Number: ({ checks }) => Object.assign({ type: 'number' }, ...checks.map(numberCheck)) as Schema,
  Boolean: ofType,
  Null: ofType,
  Any: anything,
  Unknown: anything,
  Never: nothing,
  Undefined: nothing,
  Literal: ({ value }) => ({ type: value === null ? 'null' : typeof value, const: value }),
  Enum: ({ values }) => ({ type: 'string', enum: values }),
  NativeEnum({ values }) {
    // A numeric enum of TypeScript also maps each number back to its name.
    const members = Object.entries(values).filter(([key]) => !/^\d/.test(key))
    const types = [...new Set(members.map(([, value]) => typeof value))]
    return { type: types[1] ? types : types[0], enum: members.map(([, value]) => value) }
  },
  Object({ shape, catchall, unknownKeys }, convert) {
    const members = Object.entries(shape())
    const required = members.filter(([, member]) => !isOptional(member)).map(([key]) => key)
    const rest = convert(catchall, 'additionalProperties')
    return {
      type: 'object',
      properties: Object.fromEntries(
        members.map(([key, member]) => [key, convert(member, 'properties', key)]),
      ),
      ...(required[0] && { required }),
      // Without a schema for the rest there is the one that takes nothing.
      additionalProperties: rest['not'] ? unknownKeys === 'passthrough' : rest,
    }
  },
  Record({ keyType, valueType }, convert) {
    const { type: _, ...names } = convert(keyType, 'propertyNames')
    return {
      type: 'object',
      additionalProperties: convert(valueType, 'additionalProperties'),
      ...(Object.keys(names)[0] && { propertyNames: names }),
    }
  },
  Array({ type, exactLength, minLength, maxLength }, convert) {
    const least = exactLength ?? minLength
    const most = exactLength ?? maxLength
    return {
      type: 'array',
      items: convert(type, 'items'),
      ...(least && { minItems: least.value }),
      ...(most && { maxItems: most.value }),
    }
  },
  Tuple: ({ items, rest }, convert) => ({
    type: 'array',
    ...all(items, 'prefixItems', convert),
    minItems: items.length,
    ...(rest ? { items: convert(rest, 'items') } : { maxItems: items.length }),
  }),
  Union: union,
  DiscriminatedUnion: union,
  Intersection({ left, right }, convert) {
    const sides = all([left, right], 'allOf', convert)
    // Each side would refuse the properties of the other.
    for (const side of sides['allOf'] ?? [])
      if (!side['additionalProperties']) delete side['additionalProperties']
    return sides
  },
  Nullable({ innerType }, convert) {
    const { type, ...more } = convert(innerType)
    return typeof type === 'string' && !Object.keys(more)[0]
      ? { type: [type, 'null'] }
      : { anyOf: [{ type, ...more }, { type: 'null' }] }
  },
  Default: (definition, convert) => ({
    ...inner(definition, convert),
    default: definition.defaultValue(),
  }),
  Optional: inner,
  Readonly: inner,
  Catch: inner,
  Branded: inner,
  Effects: inner,
  Pipeline: inner,
  Lazy: ({ getter }, convert) => convert(getter()),
}

function stringCheck({ kind, value, regex, version }: Check): Schema {
  const literal = String(value).replace(/[^\w\s]/g, '\\$&')
  const known: Record<string, Schema> = {
    min: { minLength: value },
    max: { maxLength: value },
    length: { minLength: value, maxLength: value },
    regex: { pattern: regex?.source },
    startsWith: { pattern: `^${literal}` },
    endsWith: { pattern: `${literal}$` },
    includes: { pattern: literal },
    url: { format: 'uri' },
    datetime: { format: 'date-time' },
    ip: version ? { format: `ip${version}` } : { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
    trim: {},
    toLowerCase: {},
    toUpperCase: {},
  }
  return known[kind] ?? { format: kind }
}

function numberCheck({ kind, value, inclusive }: Check): Schema {
  const known: Record<string, Schema> = {
    int: { type: 'integer' },
    finite: {},
    multipleOf: { multipleOf: value },
    min: { [inclusive ? 'minimum' : 'exclusiveMinimum']: value },
    max: { [inclusive ? 'maximum' : 'exclusiveMaximum']: value },
  }
  return known[kind] ?? {}
}

function isOptional(schema: Zod3Schema): boolean {
  try {
    return schema.isOptional()
  } catch {
    // It asks by running the schema, which an asynchronous refinement does not allow.
    return true
  }
}
