import { type JsonObject, isObject } from '../../base/index.ts'

interface Issue {
  readonly message: string
  readonly path: Path
}

/** A Standard Schema that writes itself. */
export interface StandardPlainSchema<Value> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
    ) => { readonly value: Value } | { readonly issues: readonly Issue[] }
    readonly jsonSchema: { readonly input: () => JsonObject; readonly output: () => JsonObject }
    /** Types only; never set. */
    readonly types?: { readonly input: Value; readonly output: Value }
  }
}

/** What the schemas of this toolkit say, and no more. */
export interface PlainSchema {
  readonly type: 'string' | 'boolean' | 'integer' | 'array' | 'object' | readonly ['string', 'null']
  readonly description?: string
  readonly enum?: readonly string[]
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: PlainSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly properties?: Readonly<Record<string, PlainSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: PlainSchema | false
}

/** A JSON Schema of few words as a Standard Schema, so that no library comes along to check it. */
export function plainSchema<Value>(schema: PlainSchema): StandardPlainSchema<Value> {
  // It is JSON by its type, which no type can say.
  const write = (): JsonObject => structuredClone(schema) as object as JsonObject
  return {
    '~standard': {
      version: 1,
      vendor: 'toolwire',
      validate(value) {
        const issues = [...problems(value, schema, [])]
        // What the schema describes is the caller's to say; TypeScript cannot know.
        return issues.length > 0 ? { issues } : { value: value as Value }
      },
      jsonSchema: { input: write, output: write },
    },
  }
}

type Path = readonly PropertyKey[]

function* problems(value: unknown, schema: PlainSchema, path: Path): Generator<Issue> {
  const types = [schema.type].flat()
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const isWhole = type === 'number' && Number.isInteger(value)
  if (!types.some((one) => one === type || (one === 'integer' && isWhole)))
    yield { path, message: `expected ${types.join(' or ')}` }
  else if (typeof value === 'string') yield* textProblems(value, schema, path)
  else if (typeof value === 'number') yield* numberProblems(value, schema, path)
  else if (Array.isArray(value)) yield* listProblems(value, schema, path)
  else if (isObject(value)) yield* fieldProblems(value, schema, path)
}

function* textProblems(value: string, schema: PlainSchema, path: Path): Generator<Issue> {
  if (schema.enum && !schema.enum.includes(value))
    yield { path, message: `expected one of ${schema.enum.join(', ')}` }
  if (value.length > (schema.maxLength ?? Infinity))
    yield { path, message: `at most ${schema.maxLength} characters` }
}

function* numberProblems(value: number, schema: PlainSchema, path: Path): Generator<Issue> {
  const { minimum = -Infinity, maximum = Infinity } = schema
  if (value < minimum || value > maximum)
    yield { path, message: `expected ${minimum} to ${maximum}` }
}

function* listProblems(
  value: readonly unknown[],
  { items, minItems = 0, maxItems = Infinity }: PlainSchema,
  path: Path,
): Generator<Issue> {
  if (value.length < minItems || value.length > maxItems)
    yield { path, message: `expected ${minItems} to ${maxItems} items` }
  else if (items)
    for (const [index, item] of value.entries()) yield* problems(item, items, [...path, index])
}

function* fieldProblems(
  value: Readonly<Record<string, unknown>>,
  { properties = {}, required = [], additionalProperties = false }: PlainSchema,
  path: Path,
): Generator<Issue> {
  for (const name of required)
    if (!Object.hasOwn(value, name)) yield { path: [...path, name], message: 'is missing' }
  for (const [name, field] of Object.entries(value)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    if (known) yield* problems(field, known, [...path, name])
    else yield { path: [...path, name], message: 'is not known' }
  }
}
