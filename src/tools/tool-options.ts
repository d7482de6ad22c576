import { ToolwireError } from '../base/index.ts'

/** What each option may be: a `typeof`, or a word in quotes. */
const kinds: ReadonlyMap<string, string> = new Map(
  Object.entries({
    name: 'string',
    title: 'string',
    description: 'string',
    inputSchema: 'object function',
    outputSchema: 'object function',
    progressSchema: 'object function',
    category: 'string',
    requires: 'object',
    executor: '"client" "server" function',
    readOnly: 'boolean',
    idempotent: 'boolean',
    destructive: 'boolean',
    permission: 'string object',
    approval: 'boolean function',
    timeoutMs: 'number',
    idleTimeoutMs: 'number',
    retry: 'object',
    concurrency: '"parallel" "serial" function',
    maxModelOutputChars: 'number',
    toModelOutput: 'function',
    execute: 'function',
  }),
)

const legalName = /^[A-Za-z_][\w./:-]{0,127}$/

/** @throws {@link ToolwireError} `INVALID_TOOL` for an option that is unknown, missing or of the wrong kind */
export function checkToolOptions(options: object): void {
  const given = new Map<string, unknown>(Object.entries(options))
  const name = given.get('name')
  const fail = (problem: string, hint: string): never => {
    throw new ToolwireError('INVALID_TOOL', `Tool "${String(name)}": ${problem}.`, { hint })
  }
  if (typeof name !== 'string' || !legalName.test(name))
    fail('illegal name', 'Use 1 to 128 of A-Z a-z 0-9 _ - . / : beginning with a letter or _.')
  for (const [key, value] of given) {
    const kind = kinds.get(key)
    if (!kind) fail(`unknown option "${key}"`, `Known: ${[...kinds.keys()].join(', ')}.`)
    else if (value !== undefined && !isOfKind(value, kind))
      fail(`illegal value of "${key}"`, `It may be: ${kind}.`)
  }
  for (const key of ['description', 'inputSchema'])
    if (!given.get(key)) fail(`"${key}" is missing`, 'Every tool has one.')
}

function isOfKind(value: unknown, kind: string): boolean {
  return kind.includes('"')
    ? kind.includes(typeof value === 'string' ? `"${value}"` : typeof value)
    : value !== null && kind.includes(typeof value) && (typeof value !== 'number' || value > 0)
}
