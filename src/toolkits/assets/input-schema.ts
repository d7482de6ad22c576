/** A field of an input, as JSON Schema says it. */
interface Field {
  readonly type: 'string' | 'integer' | 'boolean'
  readonly description: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

type ValueOf<One extends Field> = One extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : { string: string; integer: number; boolean: boolean }[One['type']]

type Fields = Readonly<Record<string, Field>>

/** What a tool of this kit takes: the required fields, and others. */
export type InputOf<Required extends Fields, Optional extends Fields> = {
  readonly [Name in keyof Required]: ValueOf<Required[Name]>
} & {
  readonly [Name in keyof Optional]?: ValueOf<Optional[Name]> | undefined
}

/** A Standard Schema that can write JSON Schema; https://standardschema.dev. */
export interface InputSchema<Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: 'toolwire'
    readonly validate: (
      value: unknown,
    ) => { readonly value: Input } | { readonly issues: readonly Issue[] }
    readonly types?: { readonly input: Input; readonly output: Input }
    readonly jsonSchema: {
      readonly input: () => Record<string, unknown>
      readonly output: () => Record<string, unknown>
    }
  }
}

interface Issue {
  readonly message: string
  readonly path?: readonly string[]
}

/** A schema for a flat object, so that the kit needs no library for schemas. */
export function inputSchema<const Required extends Fields, const Optional extends Fields>(
  required: Required,
  optional: Optional,
): InputSchema<InputOf<Required, Optional>> {
  const properties: Fields = { ...required, ...optional }
  const schema = {
    type: 'object',
    properties,
    required: Object.keys(required),
    additionalProperties: false,
  }
  return {
    '~standard': {
      version: 1,
      vendor: 'toolwire',
      validate(value) {
        const issues = issuesOf(value, properties, Object.keys(required))
        // The fields were checked one by one.
        return issues.length > 0 ? { issues } : { value: value as InputOf<Required, Optional> }
      },
      jsonSchema: { input: () => schema, output: () => schema },
    },
  }
}

function issuesOf(
  value: unknown,
  properties: Fields,
  required: readonly string[],
): readonly Issue[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ message: 'It is not an object.' }]
  const given = new Map<string, unknown>(Object.entries(value))
  const missing = required.filter((name) => given.get(name) === undefined)
  const wrong = [...given].flatMap(([name, field]) => {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    const problem = known ? problemOf(field, known) : 'There is no such field.'
    return problem && field !== undefined ? [{ message: problem, path: [name] }] : []
  })
  return [...missing.map((name) => ({ message: 'It is missing.', path: [name] })), ...wrong]
}

function problemOf(value: unknown, field: Field): string | undefined {
  if (field.type === 'string') return textProblem(value, field)
  if (field.type === 'boolean')
    return typeof value === 'boolean' ? undefined : 'It is neither true nor false.'
  const { minimum = -Infinity, maximum = Infinity } = field
  const fits = Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum
  return fits ? undefined : `It is no whole number from ${minimum} to ${maximum}.`
}

function textProblem(value: unknown, field: Field): string | undefined {
  if (typeof value !== 'string') return 'It is no text.'
  if (value.length > (field.maxLength ?? Infinity))
    return `It is longer than ${field.maxLength} characters.`
  return field.enum && !field.enum.includes(value)
    ? `It is none of: ${field.enum.join(', ')}.`
    : undefined
}
