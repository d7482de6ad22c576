import type { Connection, Listener, Transport } from '../ports/index.ts'
import { parseClientFrame } from '../protocol/index.ts'

/**
 * Passes every link of `listener` on over `transport`, frame by frame: a page behind an extension behind a
 * socket is one session, whose ends resume whatever breaks between them. Returns how to stop listening.
 */
export function relay(listener: Listener, transport: Transport): () => void {
  return listener.listen((near) => {
    pass(near, transport).catch(() => {
      // Either half broke. Closing the other tells its end, which comes back by itself.
    })
  })
}

async function pass(near: Connection, transport: Transport): Promise<void> {
  const frames = near.frames[Symbol.asyncIterator]()
  const gone = new AbortController()
  try {
    const first = await frames.next()
    if (first.done) return
    const hello = parseClientFrame(first.value)
    if (hello.k !== 'hello') return
    const far = await transport.connect(hello, gone.signal)
    await Promise.race([
      pump({ [Symbol.asyncIterator]: () => frames }, far),
      pump(far.frames, near),
    ])
  } finally {
    gone.abort()
    near.close()
  }
}

async function pump(from: AsyncIterable<unknown>, to: Connection): Promise<void> {
  // Frames are objects on every wire; what is none is refused where it is read.
  for await (const frame of from) await to.send(frame as object)
}
