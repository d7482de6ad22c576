/** Passes every provider: OpenAI allows no dots, Gemini wants a letter or `_` first. */
const safeName = /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/

/** The names of one request's tools, there and back: `page.edit/element` is not a name on any wire. */
export class ToolNames {
  readonly #tools = new Map<string, string>()

  /** The name on the wire: the same in every request, so that a history stays the same text. */
  toWire(toolName: string): string {
    let wireName = toolName
    if (!safeName.test(toolName))
      wireName = `${toolName
        .replace(/[^a-zA-Z0-9_-]/g, '_')
        .replace(/^(?![a-zA-Z_])/, '_')
        .slice(0, 50)}_${shortHash(toolName)}`
    // Of two tools with one name, the first has it.
    if (!this.#tools.has(wireName)) this.#tools.set(wireName, toolName)
    return wireName
  }

  /** The tool that the model means; a name that is not ours stays as it is. */
  toTool(wireName: string): string {
    return this.#tools.get(wireName) ?? wireName
  }
}

/** Eleven characters of `a-z0-9` that stand for `text`: 53 bits, for telling apart, not against attackers. */
export function shortHash(text: string): string {
  let low = 0x9e3779b9
  let high = 0x85ebca6b
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x5bd1e995) ^ (low >>> 13)
  }
  return ((high & 0x1fffff) * 2 ** 32 + (low >>> 0)).toString(36).padStart(11, '0')
}
