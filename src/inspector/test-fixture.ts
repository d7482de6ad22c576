import { isObject } from '../base/index.ts'
import type { FrameLog } from './frame-log.ts'

/**
 * The module of a test fixture: its `recorded()` plays the server's side of `log` to a fresh client, with
 * `replayFrames`. `null` where the log cannot be played; {@link fixtureProblem} says why.
 */
export function testFixture(log: FrameLog): string | null {
  if (fixtureProblem(log) !== null) return null
  const { keys, secrets = [], maxPayloadChars } = log.redaction
  const options = {
    ...(keys && { keys }),
    ...(maxPayloadChars !== undefined && { maxPayloadChars }),
  }
  const given = Object.entries(options).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}, `,
  )
  return [
    '// Recorded by toolwire/inspector, without secrets. Give a fresh client the same tools, say and answer the same,',
    '// and await `finished` of what `recorded()` gives, which is its transport.',
    ...(secrets.length > 0
      ? ['// Add the `secrets` that it was recorded with to the options.']
      : []),
    `import { openLog, redactFrames } from 'toolwire/inspector'`,
    `import { replayFrames } from 'toolwire/testing'`,
    '',
    // Each line as a text: what stands in a frame is never read as code.
    'export const log = [',
    ...log.lines.map((line) => `  ${JSON.stringify(JSON.stringify(line))},`),
    `].join('\\n')`,
    '',
    '/** `options` as of `replayFrames`: the `world` of the client, where it has one of its own. */',
    'export function recorded(options = {}) {',
    '  const seen = openLog(log).lines',
    `  return replayFrames(log, { ...options, redact: redactFrames({ ${given.join('')}seen }) })`,
    '}',
    '',
  ].join('\n')
}

/** Why `log` cannot be played to a client, or `null` where it can. */
export function fixtureProblem({ lines, dropped, hasLinks }: FrameLog): string | null {
  if (!hasLinks) return 'An exported conversation has no frames of a client to play.'
  if (dropped > 0)
    return `${dropped} lines are not kept, and a replay needs all of them. Reload, or raise maxLines and maxChars.`
  const [first] = lines
  if (!first) return 'Nothing was recorded yet.'
  const frame = 'way' in first && first.way === 'up' && isObject(first.frame) ? first.frame : {}
  // A fresh client begins so.
  if (frame['k'] !== 'hello' || frame['from'] !== 0)
    return 'It does not begin with the first link of a client: record before the client is made.'
  return null
}
