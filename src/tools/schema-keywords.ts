import { isObject } from '../base/index.ts'

/** What a keyword of JSON Schema may hold. */
type Shape = (value: unknown) => boolean

const isString: Shape = (value) => typeof value === 'string'
const isNumber: Shape = (value) => typeof value === 'number'
const isBoolean: Shape = (value) => typeof value === 'boolean'
const isCount: Shape = (value) => Number.isInteger(value) && Number(value) >= 0
const isStrings: Shape = (value) => Array.isArray(value) && value.every(isString)
/** 2019-09 allows a colon, and 2020-12 an underscore at the beginning. */
const isAnchor: Shape = (value) => isString(value) && /^[A-Za-z_][-\w.:]*$/.test(String(value))
const isSchema: Shape = (value) => isBoolean(value) || isObject(value)
const isSchemas: Shape = (value) => Array.isArray(value) && value.every(isSchema)
const mapOf =
  (shape: Shape): Shape =>
  (value) =>
    isObject(value) && Object.values(value).every(shape)

const types = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'])
const isType: Shape = (value) =>
  (Array.isArray(value) ? value : [value]).every((one) => isString(one) && types.has(String(one)))

/** Keywords whose value is one schema, and where a list of them or a map of them stands. */
const oneSchema = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'else',
  'if',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]
const manySchemas = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const namedSchemas = ['$defs', 'definitions', 'dependentSchemas', 'patternProperties', 'properties']

const shapes = new Map<string, Shape>([
  ...oneSchema.map((key) => [key, isSchema] as const),
  ...manySchemas.map((key) => [key, isSchemas] as const),
  ...namedSchemas.map((key) => [key, mapOf(isSchema)] as const),
  ['items', (value) => isSchema(value) || isSchemas(value)],
  ['dependencies', mapOf((value) => isSchema(value) || isStrings(value))],
  ['dependentRequired', mapOf(isStrings)],
  ['required', isStrings],
  ['enum', Array.isArray],
  ['type', isType],
  ['uniqueItems', isBoolean],
  ['multipleOf', (value) => isNumber(value) && Number(value) > 0],
  ...['$dynamicRef', '$id', '$ref', '$schema', 'format', 'pattern'].map(
    (key) => [key, isString] as const,
  ),
  ['$anchor', isAnchor],
  ['$dynamicAnchor', isAnchor],
  ['$recursiveAnchor', isBoolean],
  ['$recursiveRef', (value) => value === '#'],
  ...['exclusiveMaximum', 'exclusiveMinimum', 'maximum', 'minimum'].map(
    (key) => [key, isNumber] as const,
  ),
  ...['Contains', 'Items', 'Length', 'Properties'].flatMap(
    (what) =>
      [
        [`max${what}`, isCount],
        [`min${what}`, isCount],
      ] as const,
  ),
])

/** Whether nothing in what `keyword` holds is a schema; a keyword that is not known may hold one. */
export function holdsData(keyword: string): boolean {
  const isKnown = shapes.has(keyword) || keyword === 'const' || keyword === 'default'
  return isKnown && !oneSchema.includes(keyword) && !holdsMany(keyword)
}

/** Whether `keyword` may hold `value`; a keyword that is not known holds anything. */
export function isLegalKeyword(keyword: string, value: unknown): boolean {
  return shapes.get(keyword)?.(value) ?? true
}

/** A schema within a schema, and the keys that lead to it. */
export interface Subschema {
  readonly keys: readonly (string | number)[]
  readonly schema: unknown
}

/** The schemas directly in `schema`, whose keywords are legal. */
export function subschemas(schema: Readonly<Record<string, unknown>>): readonly Subschema[] {
  return Object.entries(schema).flatMap(([keyword, value]) => {
    if (holdsOne(keyword, value)) return [{ keys: [keyword], schema: value }]
    return holdsMany(keyword) ? members(keyword, value) : []
  })
}

function holdsOne(keyword: string, value: unknown): boolean {
  return oneSchema.includes(keyword) || (keyword === 'items' && !Array.isArray(value))
}

function holdsMany(keyword: string): boolean {
  return [...manySchemas, ...namedSchemas, 'items', 'dependencies'].includes(keyword)
}

function members(keyword: string, value: unknown): readonly Subschema[] {
  return Object.entries(Object(value) as object)
    .filter(([, schema]) => !Array.isArray(schema))
    .map(([key, schema]) => ({ keys: [keyword, key], schema }))
}

/** A copy of `schema` with what `change` makes of the schemas directly in it, but for `true` and `false`. */
export function mapSubschemas(
  schema: Readonly<Record<string, unknown>>,
  change: (subschema: Record<string, unknown>) => unknown,
): Record<string, unknown> {
  const each = (value: unknown): unknown => (isObject(value) ? change(value) : value)
  return mapValues(schema, (value, keyword) => {
    if (holdsOne(keyword, value)) return each(value)
    if (!holdsMany(keyword)) return value
    return Array.isArray(value) ? value.map(each) : mapValues(Object(value) as object, each)
  })
}

function mapValues(
  map: object,
  change: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  // Built of entries, because an assignment would take "__proto__" for something else.
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]))
}

const sameValue = [
  'allOf',
  'anyOf',
  'dependencies',
  'dependentSchemas',
  'else',
  'if',
  'not',
  'oneOf',
  'then',
]

/** Whether a subschema applies to the very value that its schema applies to, and not to a part of it. */
export function appliesInPlace({ keys }: Subschema): boolean {
  return sameValue.includes(String(keys[0]))
}
