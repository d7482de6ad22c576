import { canonicalJson, isObject } from '../../base/index.ts'
import { demand } from '../suite-case.ts'
import type { Way } from '../replay/recorded-line.ts'
import type { End } from './end.ts'
import type { Pair } from './stand.ts'

export type { Way }

export const ways: readonly Way[] = ['up', 'down']

/** The end that sends, and the one that reads. */
export function endsOf({ client, server }: Pair, way: Way): { from: End; to: End } {
  return way === 'up' ? { from: client, to: server } : { from: server, to: client }
}

/** A frame with `value` in it, the `n`-th of its link, as each end sends them. */
export function frameOf(way: Way, n: number, value: unknown): object {
  if (way === 'down') return { k: 'p', c: 'call', a: 1, n, x: value }
  const outcome = { state: 'output-available', output: value } as const
  return {
    k: 'c',
    c: { type: 'result', callId: `call-${n}`, attempt: 1, argsHash: 'h', ...outcome },
  }
}

/** Takes the next frame of `end`, and demands that it is `frame`, to which a wire may add fields on top. */
export async function demandFrame(end: End, frame: object, what: string): Promise<void> {
  demandSame(await end.next(), frame, what)
}

/** Demands that all fields of `frame` are the same JSON in what `came`. */
export function demandSame(came: unknown, frame: object, what: string): void {
  demand(isObject(came), `${what} arrives as ${typeof came}, not as the object that a frame is.`)
  for (const [field, value] of Object.entries(frame))
    demand(
      canonicalJson(came[field] ?? null) === canonicalJson(value),
      `${what} arrives changed, in its field "${field}": ${beginning(came[field])} came for ${beginning(value)}.`,
    )
}

function beginning(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
