import type { PartFrame, ServerFrame } from './frames.ts'

/** A second's worth of a slow network: as long as parts come, a link is seen to live. */
const partChars = 64 * 1024

/** `frame`, or where it is long its JSON in parts. */
export function partsOf(frame: ServerFrame): readonly (ServerFrame | PartFrame)[] {
  const text = JSON.stringify(frame)
  const count = Math.ceil(text.length / partChars)
  if (count === 1) return [frame]
  return Array.from({ length: count }, (_, at) => ({
    k: 'part',
    x: text.slice(at * partChars, (at + 1) * partChars),
    ...(at + 1 < count && { more: true }),
  }))
}

/**
 * Puts frames together that come in parts over one link: what it makes gives, for each value that comes, the frame that
 * this completes, else the value itself, which is a frame or one of more parts to come.
 */
export function partJoiner(): (value: unknown) => unknown {
  let text = ''
  return (value) => {
    // What is no object has no kind.
    const part = value as PartFrame | null
    if (part?.k !== 'part') return value
    text += part.x
    if (part.more) return value
    const whole: unknown = JSON.parse(text)
    text = ''
    return whole
  }
}
