// Characters without a shape, or that change the order of what stands beside them; but for spaces and line ends.
const hidden = /(?![ \n])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu

/** `text` in which everything can be seen. */
export function visibleText(text: string): string {
  return text.replace(hidden, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

export function visibleJson(value: unknown): string {
  return visibleText(JSON.stringify(value, null, 2) ?? 'nothing')
}

/** As in "12 ms", "3.4 s" or "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`
}
