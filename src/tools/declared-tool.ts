import { ToolwireError, canonicalJson, sha256 } from '../base/index.ts'
import type { OfferedTool, ToolDescriptor } from '../protocol/index.ts'
import { defineTool } from './define-tool.ts'
import { jsonSchema } from './json-schema.ts'
import type { AnyTool } from './tool.ts'

/**
 * Makes a tool of a definition that somebody else sent, with nothing taken on trust: each field is checked
 * as `defineTool` checks it, schemas are interpreted within a budget, and the hash has to be right.
 * @throws {@link ToolwireError} `INVALID_TOOL`, `INVALID_SCHEMA`
 */
export function declaredTool({
  hash,
  descriptor,
  approval,
  permission,
}: OfferedTool & { readonly descriptor: ToolDescriptor }): AnyTool {
  const { hash: _, inputSchema, outputSchema, ...traits } = descriptor
  if (sha256(canonicalJson({ inputSchema, outputSchema, ...traits })) !== hash)
    throw new ToolwireError('INVALID_TOOL', 'The hash is not that of the definition.', {
      hint: 'Take both from the same catalogue.',
    })
  return defineTool({
    ...traits,
    inputSchema: jsonSchema(inputSchema),
    ...(outputSchema && { outputSchema: jsonSchema(outputSchema) }),
    ...(approval && { approval }),
    ...(permission && { permission }),
  })
}
