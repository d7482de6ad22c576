import path from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const folder = import.meta.dirname
const file = path.join(folder, 'type-budget.generated.ts')
const count = 200

/** A schema as large as those of real tools, different for each. */
const schema = (index: number): string => `z.object({
  id${index}: z.string().min(1).describe('Which.'),
  limit: z.number().int().default(${index}),
  filter: z.object({ status: z.enum(['open', 'closed', 's${index}']), tags: z.array(z.string()) }).optional(),
  at: z.union([z.string(), z.number()]).nullable(),
})`

/** A program with 200 tools, and all that a program does with their types. */
const withTools = `
import { z } from 'zod'
import { ToolRegistry, defineTool, type ToolCallOf } from '../../src/tools/index.ts'
${tools(
  (index) => `defineTool({
  name: 'tool_${index}',
  description: 'Does ${index}.',
  inputSchema: ${schema(index)},
  ${index % 2 ? `outputSchema: z.object({ total${index}: z.number() }),` : ''}
  approval: (input) => input.limit > 5,
  execute: async ({ id${index}, filter }, { signal, progress }) => {
    progress(signal.aborted)
    return { total${index}: id${index}.length + (filter?.tags.length ?? 0) }
  },
  toModelOutput: (output) => output.total${index},
})`,
)}
const registry = new ToolRegistry([${names()}])
export const first: number = registry.get('tool_7').name.length
export function show(call: ToolCallOf<typeof registry>): unknown {
  switch (call.toolName) {
${indexes()
  .map(
    (index) =>
      `    case 'tool_${index}': return [call.input.id${index}, call.output?.total${index}.toFixed()]`,
  )
  .join('\n')}
  }
}
`

/** The same without us. */
const withoutTools = `
import { z } from 'zod'
${tools((index) => `{ schema: ${schema(index)} }`)}
export type Inputs = [${indexes()
  .map((index) => `z.output<typeof tool${index}.schema>`)
  .join(', ')}]
`

function indexes(): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function tools(one: (index: number) => string): string {
  return indexes()
    .map((index) => `const tool${index} = ${one(index)}`)
    .join('\n')
}

function names(): string {
  return indexes()
    .map((index) => `tool${index}`)
    .join(', ')
}

function check(source: string): { errors: readonly string[]; instantiations: number } {
  const config = path.join(folder, '../../tsconfig.json')
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, (name) => ts.sys.readFile(name)).config,
    ts.sys,
    path.dirname(config),
  )
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => name === file || disk.fileExists(name),
    getSourceFile: (name, version) =>
      name === file
        ? ts.createSourceFile(file, source, version)
        : disk.getSourceFile(name, version),
  }
  const program = ts.createProgram([file], { ...options, types: [] }, host)
  const errors = program
    .getSemanticDiagnostics(program.getSourceFile(file))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  return { errors, instantiations: program.getInstantiationCount() }
}

test('200 tools type-check, and defining them costs little more than their schemas', () => {
  const ours = check(withTools)
  expect(ours.errors).toEqual([])
  const theirs = check(withoutTools)
  expect(theirs.errors).toEqual([])
  // Counted rather than timed: the checker instantiates about a million types a second.
  expect(ours.instantiations - theirs.instantiations).toBeLessThan(count * 3_000)
}, 60_000)
