import { isObject } from '../base/index.ts'

/** What a keyword of JSON Schema may hold. */
type Shape = (value: unknown) => boolean

const isString: Shape = (value) => typeof value === 'string'
const isNumber: Shape = (value) => typeof value === 'number'
const isBoolean: Shape = (value) => typeof value === 'boolean'
const isCount: Shape = (value) => Number.isInteger(value) && Number(value) >= 0
const isStrings: Shape = (value) => Array.isArray(value) && value.every(isString)
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
  ...['$anchor', '$id', '$ref', '$schema', 'format', 'pattern'].map(
    (key) => [key, isString] as const,
  ),
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

/** Whether `keyword` means something to an interpreter. */
export function isKeyword(keyword: string): boolean {
  return shapes.has(keyword) || keyword === 'const' || keyword === 'default'
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
    if (oneSchema.includes(keyword)) return [{ keys: [keyword], schema: value }]
    const isPlain = keyword === 'items' && !Array.isArray(value)
    if (isPlain) return [{ keys: [keyword], schema: value }]
    const many = [...manySchemas, ...namedSchemas, 'items', 'dependencies'].includes(keyword)
    return many ? members(keyword, value) : []
  })
}

function members(keyword: string, value: unknown): readonly Subschema[] {
  return Object.entries(Object(value) as object)
    .filter(([, schema]) => !Array.isArray(schema))
    .map(([key, schema]) => ({ keys: [keyword, key], schema }))
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
