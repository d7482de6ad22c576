import { ToolwireError } from '../base/index.ts'

const required = ['name', 'description', 'inputSchema']
const schemas = ['inputSchema', 'outputSchema', 'progressSchema']

/** The options that may have a value of each type. */
const known: Readonly<Record<string, readonly string[]>> = {
  string: ['name', 'title', 'description', 'category', 'permission', 'executor', 'concurrency'],
  boolean: ['readOnly', 'idempotent', 'destructive', 'approval'],
  number: ['timeoutMs', 'idleTimeoutMs', 'maxModelOutputChars'],
  object: [...schemas, 'requires', 'permission', 'retry'],
  function: [...schemas, 'executor', 'approval', 'concurrency', 'toModelOutput', 'execute'],
}

/** The texts that an option may have, where not all are legal. */
const texts: Readonly<Record<string, RegExp>> = {
  name: /^[A-Za-z_][\w./:-]{0,127}$/,
  description: /./,
  executor: /^(?:client|server)$/,
  concurrency: /^(?:parallel|serial)$/,
}

/** @throws {@link ToolwireError} `INVALID_TOOL` for an option that is unknown, missing or not legal */
export function checkToolOptions(options: object): void {
  const given = new Map<string, unknown>(Object.entries(options))
  const names = new Set(Object.values(known).flat())
  for (const key of [...required, ...given.keys()]) {
    const value = given.get(key)
    const isLegal = value === undefined ? !required.includes(key) : isLegalValue(key, value)
    if (names.has(key) && isLegal) continue
    throw new ToolwireError(
      'INVALID_TOOL',
      `Tool "${String(given.get('name'))}": ${names.has(key) ? 'illegal' : 'unknown option'} "${key}".`,
      { hint: hintFor(key, names) },
    )
  }
}

function isLegalValue(key: string, value: unknown): boolean {
  const isText = typeof value !== 'string' || texts[key]?.test(value) !== false
  const isPositive = typeof value !== 'number' || value > 0
  return value !== null && Boolean(known[typeof value]?.includes(key)) && isText && isPositive
}

function hintFor(key: string, names: ReadonlySet<string>): string {
  if (!names.has(key)) return `The options are ${[...names].join(', ')}.`
  const types = Object.keys(known).filter((type) => known[type]?.includes(key))
  return `It may be: ${types.join(' or ')}${texts[key] ? `, a text like ${texts[key].source}` : ''}.`
}
