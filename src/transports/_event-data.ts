/**
 * The data of each event of a stream of server-sent events, which is all that our own server puts in them.
 * Lines may end in CR, LF or both, also across chunks; comments and other fields are skipped, and an event
 * that was cut off is not given out.
 */
export async function* eventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = []
  for await (const line of lines(body)) {
    if (line === 'data' || line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    if (line !== '' || data.length === 0) continue
    yield data.join('\n')
    data = []
  }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  // Pieces of the line under way, joined once: a long line in small chunks must not be copied at each.
  let pieces: string[] = []
  let held = ''
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    // A CR at the end of a chunk may be the first half of a line break, so it waits for what follows.
    const text = held + decoder.decode(next.value, { stream: true })
    held = text.endsWith('\r') ? '\r' : ''
    const ends = text.slice(0, text.length - held.length).split(/\r\n|\r|\n/)
    const last = ends.pop() ?? ''
    for (const end of ends) {
      yield pieces.join('') + end
      pieces = []
    }
    pieces.push(last)
  }
}
