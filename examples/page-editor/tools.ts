// The one tools file: every wire and every place that the server may stand in uses these.
import { type AnyTool, defineTool } from 'toolwire'
import { type PageDocument, pageTools } from 'toolwire/toolkits/page'
import * as z from 'zod'
import { type Publisher, publishTool } from './publish-tool.ts'
import { type Witness, witnessed } from './witness.ts'

/** What a model may do in a tab. */
export function clientTools(tab: {
  readonly page: PageDocument
  readonly publisher: Publisher
  readonly witness: Witness
  readonly name: string
}): AnyTool[] {
  const { page, publisher, witness, name } = tab
  return witnessed([...pageTools({ page }), publishTool(publisher)], witness, name)
}

/** What a model may ask of the server, and the schemas of what tabs run. */
export function serverTools(witness: Witness, name: string): AnyTool[] {
  return [...witnessed([productFacts], witness, name), ...pageTools(), publishTool()]
}

const productFacts = defineTool({
  name: 'product_facts',
  title: 'Product facts',
  description:
    'What is known about the product: materials, prices, care, delivery. Nothing else may be claimed.',
  inputSchema: z.object({}),
  readOnly: true,
  execute: () => ({
    name: 'Tarn',
    what: 'a clay planter that waters itself through its inner wall',
    waterLitres: 2,
    lasts: { summer: 'three weeks', winter: 'five weeks' },
    sizes: [
      { name: 'Sill', centimetres: 14, euros: 38 },
      { name: 'Table', centimetres: 22, euros: 64 },
      { name: 'Floor', centimetres: 36, euros: 118 },
    ],
    care: 'rinse the ring with vinegar once a year',
    frost: 'indoors only; frost cracks the clay',
    delivery: 'leaves the kiln within two days',
  }),
})
