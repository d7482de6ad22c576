import { ToolwireError } from '../base/index.ts'

const required = ['name', 'description', 'inputSchema']
/** The options that may have a value of each type; written out, so that bundlers can leave it out. */
const known: Readonly<Record<string, readonly string[]>> = {
  string: ['name', 'title', 'description', 'category', 'permission', 'executor', 'concurrency'],
  boolean: ['readOnly', 'idempotent', 'destructive', 'approval', 'undoApproval', 'untrusted'],
  number: ['timeoutMs', 'idleTimeoutMs', 'maxModelOutputChars'],
  object: [
    'inputSchema',
    'outputSchema',
    'progressSchema',
    'contextSchema',
    'requires',
    'permission',
    'retry',
    'rateLimit',
    'cache',
    'providerOptions',
  ],
  function: [
    'inputSchema',
    'outputSchema',
    'progressSchema',
    'contextSchema',
    'execute',
    'undo',
    'toModelOutput',
    'executor',
    'approval',
    'undoApproval',
    'concurrency',
  ],
}

/** The texts that an option may have, where not all are legal. */
const texts: Readonly<Record<string, RegExp>> = {
  name: /^[A-Za-z_][\w./:-]{0,127}$/,
  description: /./,
  executor: /^(?:client|server)$/,
  concurrency: /^(?:parallel|serial)$/,
}

/** The fields of options that have few, where each is needed. */
const shapes: Readonly<Record<string, RegExp>> = {
  rateLimit: /^by: (?:user|session|tool), limit: n, windowMs: n$/,
  cache: /^by: (?:session|user|all), ttlMs: n$/,
  providerOptions: /^(?:[^:]+: \[object Object\](?:, |$))*$/,
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
  const isKnown = value !== null && Boolean(known[typeof value]?.includes(key))
  return isKnown && isText && isPositive && shapes[key]?.test(shapeOf(value)) !== false
}

/** The fields of an object in the order of their names, each number that may be a bound or a time as `n`. */
function shapeOf(value: unknown): string {
  const fields = Object.entries(Object(value)).map(([name, field]) =>
    typeof field === 'number' && field > 0 ? `${name}: n` : `${name}: ${String(field)}`,
  )
  return fields.toSorted().join(', ')
}

function hintFor(key: string, names: ReadonlySet<string>): string {
  if (!names.has(key)) return `The options are ${[...names].join(', ')}.`
  const types = Object.keys(known).filter((type) => known[type]?.includes(key))
  const form = texts[key] ?? shapes[key]
  return `It may be: ${types.join(' or ')}${form ? `, like ${form.source}` : ''}.`
}
