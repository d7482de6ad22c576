// What 200 tools cost the type checker: the compiler runs as a process of its own on a project as a user
// has it, with the declarations that we ship, and beside it on the same schemas and handlers without us.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const TOOLS = 200
/** In each round every program has one turn, so that whatever else the machine does hits all. */
const ROUNDS = 7
/** What we promise for all of it. */
const LIMIT_S = 2

const root = path.resolve(import.meta.dirname, '..')
const compiler = path.join(root, 'node_modules/typescript/bin/tsc')

/** From less to more; each has all that stands before it. */
const programs = {
  'zod alone': zodAlone(),
  'plain functions': plainFunctions(),
  defineTool: definedTools(''),
  'and a typed switch': definedTools(switchOverAll()),
}

const FIGURES = { check: 'Check time', total: 'Total time', instantiations: 'Instantiations' }
type Figures = Record<keyof typeof FIGURES, number>

/**
 * The compiler takes its times from this clock: that of the processor, for its own thread. What else the
 * machine does meanwhile is not counted, so the seconds are about those of an idle machine.
 */
const clock = `performance.now = () => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}`

const folder = mkdtempSync(path.join(os.tmpdir(), 'toolwire-types-'))
try {
  installInto(folder)
  const turns = measure(folder)
  report(turns)
} finally {
  rmSync(folder, { recursive: true })
}

/** A project that has toolwire, as npm would install it, and zod. */
function installInto(project: string): void {
  const modules = path.join(project, 'node_modules')
  const own = path.join(modules, 'toolwire')
  mkdirSync(own, { recursive: true })
  cpSync(path.join(root, 'package.json'), path.join(own, 'package.json'))
  const declarations = {
    extends: path.join(root, 'tsconfig.build.json'),
    compilerOptions: {
      rootDir: path.join(root, 'src'),
      outDir: path.join(own, 'dist'),
      types: [],
    },
    include: [],
    files: [path.join(root, 'src/index.ts')],
  }
  writeFileSync(path.join(own, 'tsconfig.json'), JSON.stringify(declarations))
  compile(['-p', own])
  for (const peer of ['zod', '@standard-schema']) {
    const place = path.join(modules, peer)
    symlinkSync(path.join(root, 'node_modules', peer), place, 'junction')
  }
  writeFileSync(path.join(project, 'package.json'), JSON.stringify({ type: 'module' }))
}

function measure(project: string): ReadonlyMap<string, readonly Figures[]> {
  const names = Object.keys(programs)
  for (const [index, source] of Object.values(programs).entries())
    writeFileSync(path.join(project, `program-${index}.ts`), source)
  const turns = new Map(names.map((name) => [name, [] as Figures[]]))
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, name] of names.entries())
      turns.get(name)?.push(check(path.join(project, `program-${index}.ts`)))
  return turns
}

function check(file: string): Figures {
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--extendedDiagnostics']
  const target = ['--target', 'es2022', '--module', 'nodenext']
  const output = compile([...options, ...target, file])
  const figure = (label: string): number => {
    const found = new RegExp(`^${label}:\\s+([\\d.]+)`, 'm').exec(output)
    if (!found) throw new Error(`The compiler does not say its "${label}".`)
    return Number(found[1])
  }
  return {
    check: figure(FIGURES.check),
    total: figure(FIGURES.total),
    instantiations: figure(FIGURES.instantiations),
  }
}

function compile(options: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(clock)}`, compiler, ...options],
    {
      encoding: 'utf8',
      // Where no tsconfig.json is.
      cwd: folder,
    },
  )
  if (status !== 0) throw new Error(`The compiler fails:\n${stdout.slice(0, 2_000)}${stderr}`)
  return stdout
}

function report(turns: ReadonlyMap<string, readonly Figures[]>): void {
  print(`${TOOLS} tools, ${ROUNDS} rounds; seconds of the processor, least and median\n`)
  print(row(['', 'check', 'with parsing', 'instantiations']))
  for (const [name, figures] of turns) {
    const of = (what: keyof Figures): string => seconds(figures.map((turn) => turn[what]))
    print(row([name, of('check'), of('total'), String(figures[0]?.instantiations)]))
  }
  const ratio = (name: string, base: string): string => {
    const bases = turns.get(base)?.map((turn) => turn.check) ?? []
    const ratios = turns.get(name)?.map((turn, round) => turn.check / (bases[round] ?? Number.NaN))
    return median(ratios ?? []).toFixed(2)
  }
  const checks = turns.get('and a typed switch')?.map((turn) => turn.check) ?? []
  print(`
  plain functions: ${ratio('plain functions', 'zod alone')} times the check of the schemas alone
  defineTool: ${ratio('defineTool', 'plain functions')} times the check of plain functions with the same schemas
  all of it: ${seconds(checks)} s (goal: below ${LIMIT_S} s)`)
}

function zodAlone(): string {
  const uses = indexes().map(
    (index) => `z.output<typeof input${index}>, z.output<typeof progress${index}>`,
  )
  return `import { z } from 'zod'
${indexes().map(schemas).join('\n')}
export type Inputs = [${uses.join(', ')}]
`
}

function plainFunctions(): string {
  const functions = indexes().map(
    (index) => `export const run${index} = async (
  input: z.output<typeof input${index}>,
  { signal, progress }: { signal: AbortSignal; progress: (update: z.output<typeof progress${index}>) => void },
)${index % 2 ? `: Promise<z.input<typeof output${index}>>` : ''} => ${body(index)}`,
  )
  return `import { z } from 'zod'
${indexes().map(schemas).join('\n')}
${functions.join('\n')}
`
}

function definedTools(more: string): string {
  const tools = indexes().map(
    (index) => `export const tool${index} = defineTool({
  name: 'tool_${index}',
  description: 'Does ${index}.',
  inputSchema: input${index},
  ${index % 2 ? `outputSchema: output${index},` : ''}
  progressSchema: progress${index},
  approval: (input) => input.limit > 5,
  execute: async (input, { signal, progress }) => ${body(index)},
  toModelOutput: (output) => output.total${index},
})`,
  )
  return `import { z } from 'zod'
import { ToolRegistry, defineTool, type ToolCallOf } from 'toolwire'
${indexes().map(schemas).join('\n')}
${tools.join('\n')}
${more}
`
}

/** All that a program does with the types of its tools. */
function switchOverAll(): string {
  const cases = indexes().map(
    (index) =>
      `    case 'tool_${index}': return [call.input.id${index}, call.output?.total${index}.toFixed()]`,
  )
  return `const registry = new ToolRegistry([${indexes()
    .map((index) => `tool${index}`)
    .join(', ')}])
export const first: number = registry.get('tool_7').name.length
export function show(call: ToolCallOf<typeof registry>): unknown {
  switch (call.toolName) {
${cases.join('\n')}
  }
}`
}

/** Schemas as large as those of real tools, different for each. */
function schemas(index: number): string {
  const input = `const input${index} = z.object({
  id${index}: z.string().min(1).describe('Which.'),
  limit: z.number().int().default(${index}),
  filter: z.object({ status: z.enum(['open', 'closed', 's${index}']), tags: z.array(z.string()) }).optional(),
  at: z.union([z.string(), z.number()]).nullable(),
})`
  const output = `const output${index} = z.object({ total${index}: z.number(), next: z.string().optional() })`
  const progress = `const progress${index} = z.object({ done: z.number() })`
  return [input, progress, ...(index % 2 ? [output] : [])].join('\n')
}

function body(index: number): string {
  return `{
    progress({ done: signal.aborted ? 1 : 0 })
    return { total${index}: input.id${index}.length + (input.filter?.tags.length ?? 0) }
  }`
}

function indexes(): number[] {
  return Array.from({ length: TOOLS }, (_, index) => index)
}

function seconds(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)}  ${median(values).toFixed(2)}`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function row(cells: readonly string[]): string {
  return cells.map((cell, column) => (column === 0 ? cell.padEnd(20) : cell.padStart(16))).join('')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
