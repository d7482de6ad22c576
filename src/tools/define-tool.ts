import type { StandardSchemaV1 } from '@standard-schema/spec'
import { canonicalJson, sha256 } from '../base/index.ts'
import type { ToolDescriptor } from '../protocol/index.ts'
import { convertSchema } from './convert-schema.ts'
import { checkToolOptions } from './tool-options.ts'
import type { AnyTool, OutputOf, Tool, ToolOptions } from './tool.ts'
import { validate } from './validate.ts'

/**
 * Defines a tool: a name, words for the model, schemas, and on the side that runs it a handler.
 * Everything that could fail later for a reason in the definition fails here, naming the tool:
 * @throws {@link ToolwireError} `INVALID_TOOL` for an option that is unknown or wrong, `INVALID_SCHEMA`
 * (with the path) for a schema that cannot be converted or is hostile.
 */
export function defineTool<
  const Name extends string,
  InputSchema extends StandardSchemaV1,
  OutputSchema extends StandardSchemaV1 | undefined = undefined,
  ProgressSchema extends StandardSchemaV1 | undefined = undefined,
  Result = unknown,
  ContextSchema extends StandardSchemaV1 | undefined = undefined,
>(
  options: ToolOptions<Name, InputSchema, OutputSchema, ProgressSchema, Result, ContextSchema>,
): Tool<
  StandardSchemaV1.InferOutput<InputSchema>,
  OutputOf<OutputSchema, Result>,
  Name,
  OutputOf<ProgressSchema, unknown>
> {
  checkToolOptions(options)
  // The types were inferred from these very options; from here on they are one tool among many.
  return assemble(options, describe(options)) as never
}

type AnyOptions = ToolOptions<
  string,
  StandardSchemaV1,
  StandardSchemaV1 | undefined,
  StandardSchemaV1 | undefined,
  unknown,
  StandardSchemaV1 | undefined
>

function assemble(options: AnyOptions, descriptor: ToolDescriptor): AnyTool {
  const { inputSchema, outputSchema, progressSchema: _, contextSchema, ...traits } = options
  return Object.freeze({
    ...traits,
    descriptor,
    effect: options.readOnly || options.idempotent ? 'idempotent' : 'once',
    validateInput: (value: unknown) => validate(inputSchema, value),
    validateOutput: (value: unknown) => validate(outputSchema, value),
    validateContext: (value: unknown) => validate(contextSchema, value),
    withoutExecute() {
      const { execute: __, undo: ___, ...rest } = options
      return assemble(rest, descriptor)
    },
  })
}

/** What models and other machines are told, in the author's order, which models read something into. */
function describe(options: AnyOptions): ToolDescriptor {
  const { name, title, description, inputSchema, outputSchema, category, requires } = options
  const { readOnly, idempotent, destructive, untrusted, providerOptions } = options
  const text = JSON.stringify({
    name,
    title,
    description,
    inputSchema: convertSchema(inputSchema, 'inputSchema', name),
    outputSchema: outputSchema && convertSchema(outputSchema, 'outputSchema', name),
    category,
    requires,
    readOnly,
    idempotent,
    destructive,
    untrusted,
    providerOptions,
  })
  // Without what is undefined, and without what the caller might still change.
  const known = JSON.parse(text) as Omit<ToolDescriptor, 'hash'>
  return Object.freeze({ ...known, hash: sha256(canonicalJson(known)) })
}
