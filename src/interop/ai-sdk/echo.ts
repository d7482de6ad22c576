import type { LanguageModelV4ReasoningPart, LanguageModelV4TextPart } from '@ai-sdk/provider'
import type { AssistantPart } from './block-state.ts'

type Block = LanguageModelV4TextPart | LanguageModelV4ReasoningPart

interface OpenBlock {
  readonly block: Block
  /** What of its text was not yet met. */
  rest: string
}

/**
 * The content of an assistant message, built from its end, since the state of a block stands behind what was
 * shown of it: a block that comes back as it came takes the place of its own text.
 */
export class EchoedContent {
  readonly #reversed: AssistantPart[] = []
  readonly #open: Record<Block['type'], OpenBlock[]> = { text: [], reasoning: [] }

  /** A block as it came. */
  block(block: Block): void {
    if (block.text) this.#open[block.type].push({ block, rest: block.text })
    // Something may be signed that is not shown.
    else this.#reversed.push(block)
  }

  /** What was shown of a block, or is all that there is. */
  shown(type: Block['type'], text: string): void {
    const open = this.#open[type]
    let left = text
    for (let next = open[0]; left && next; next = open[0])
      if (left.endsWith(next.rest)) {
        left = left.slice(0, left.length - next.rest.length)
        this.#reversed.push(next.block)
        open.shift()
      } else if (next.rest.endsWith(left)) {
        next.rest = next.rest.slice(0, next.rest.length - left.length)
        left = ''
      } else break
    if (left) this.#reversed.push({ type, text: left })
  }

  part(part: AssistantPart): void {
    this.#reversed.push(part)
  }

  /** What it has become. Reasoning that nothing follows, as after a crash, is refused by servers. */
  take(): AssistantPart[] {
    // A signed reasoning is needed also where a host keeps none; a text is what the host shows.
    this.#reversed.push(...this.#open.reasoning.map(({ block }) => block))
    for (const { block, rest } of this.#open.text)
      if (rest !== block.text)
        this.#reversed.push({ type: 'text', text: block.text.slice(rest.length) })
    const end = this.#reversed.findIndex(({ type }) => type !== 'reasoning')
    return end < 0 ? [] : this.#reversed.slice(end).toReversed()
  }
}
