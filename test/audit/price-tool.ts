import { type AnyTool, ToolError, defineTool } from '../../src/index.ts'
import * as z from 'zod'

/** Sets a price, and puts the old one back as long as nobody set another. */
export function setPrice(prices: Map<string, number>): AnyTool {
  return defineTool({
    name: 'set_price',
    description: 'Sets the price of an article.',
    inputSchema: z.object({ article: z.string(), price: z.number() }),
    execute({ article, price }) {
      const before = prices.get(article) ?? null
      prices.set(article, price)
      return { article, before, after: price }
    },
    undo({ article, before, after }) {
      if (prices.get(article) !== after)
        throw new ToolError(`The price of ${article} was changed since.`, { code: 'changed' })
      if (before === null) prices.delete(article)
      else prices.set(article, before)
    },
  })
}
