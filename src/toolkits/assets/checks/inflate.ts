/**
 * How many bytes come out of a compressed text, counted no further than just above `most`. What breaks off or is
 * followed by something else counts as far as it went.
 */
export async function inflatedSize(
  packed: Uint8Array<ArrayBuffer>,
  { format, most }: { readonly format: 'deflate' | 'deflate-raw'; readonly most: number },
): Promise<number> {
  const reader = new Blob([packed])
    .stream()
    .pipeThrough(new DecompressionStream(format))
    .getReader()
  let size = 0
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      size += step.value.byteLength
      if (size > most) break
    }
  } catch {
    return size
  }
  await reader.cancel()
  return size
}
