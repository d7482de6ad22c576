import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { type JsonObject, ToolwireError, isToolwireError } from '../base/index.ts'
import { checkSchema } from './check-schema.ts'
import { schemaProblem } from './schema-problem.ts'
import { isZod3, zod3ToJsonSchema } from './zod3.ts'

type Standard = StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props>

/**
 * The JSON Schema of what a tool takes (`inputSchema`) or gives (`outputSchema`): for models and for other
 * machines, never for validation.
 * @throws {@link ToolwireError} `INVALID_SCHEMA`, naming the tool and the path
 */
export function convertSchema(
  schema: StandardSchemaV1,
  role: 'inputSchema' | 'outputSchema',
  toolName: string,
): JsonObject {
  try {
    const { $schema, ...converted } = toJsonSchema(schema, role)
    const checked = checkSchema(
      String($schema).includes('2020-12') || $schema === undefined
        ? converted
        : { $schema, ...converted },
    )
    if (role === 'inputSchema' && checked['type'] !== 'object')
      throw schemaProblem('', 'the input of a tool is an object', 'Wrap it in an object schema.')
    return checked
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause)
    throw new ToolwireError('INVALID_SCHEMA', `Tool "${toolName}", ${role}. ${problem}`, {
      hint: (isToolwireError(cause) && cause.hint) || 'Use what JSON Schema can say.',
      cause,
    })
  }
}

function toJsonSchema(
  schema: StandardSchemaV1,
  role: 'inputSchema' | 'outputSchema',
): Record<string, unknown> {
  const standard: Standard | undefined = schema['~standard']
  if (standard && isZod3(schema)) return zod3ToJsonSchema(schema)
  if (!standard?.jsonSchema)
    throw schemaProblem('', 'it cannot write JSON Schema', advice(standard))
  // Other people see of an input what goes in, and of an output what comes out.
  const write = standard.jsonSchema[role === 'inputSchema' ? 'input' : 'output']
  try {
    return write({ target: 'draft-2020-12' })
  } catch (cause) {
    if (isToolwireError(cause)) throw cause
    throw schemaProblem(
      unrepresentable(write),
      String(cause instanceof Error ? cause.message : cause).replace(/\.$/, ''),
      'Take what JSON can carry, such as a string, and transform it.',
    )
  }
}

function advice(standard: Standard | undefined): string {
  const { vendor = '' } = standard ?? {}
  if (vendor === 'zod')
    return 'Use zod 4.2 or later, or jsonSchema(z.toJSONSchema(schema, { io: "input" })).'
  if (vendor === 'valibot') return 'Use toStandardJsonSchema from @valibot/to-json-schema.'
  return 'Give a Standard Schema with jsonSchema, or jsonSchema() from toolwire/json-schema.'
}

/** Where the schema holds what JSON Schema cannot say: zod tells when it is asked to go on regardless. */
function unrepresentable(write: StandardJSONSchemaV1.Converter['input']): string {
  let found = ''
  const override = ({ zodSchema, jsonSchema, path }: ZodOverride): void => {
    const { type } = zodSchema['_zod'].def
    if (Object.keys(jsonSchema).length === 0 && type !== 'any' && type !== 'unknown')
      found = `/${path.join('/')}`
  }
  try {
    write({ target: 'draft-2020-12', libraryOptions: { unrepresentable: 'any', override } })
  } catch {
    // Not zod: the message of the library has to do.
  }
  return found
}

interface ZodOverride {
  readonly zodSchema: { readonly _zod: { readonly def: { readonly type: string } } }
  readonly jsonSchema: object
  readonly path: readonly (string | number)[]
}
