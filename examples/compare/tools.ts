import * as z from 'zod'

// Otherwise zod tries `new Function` once, which the content security policy of the page reports.
z.config({ jitless: true })

export interface Spec<Shape extends z.ZodRawShape> {
  readonly description: string
  readonly inputSchema: z.ZodObject<Shape>
}

export interface Specs {
  readonly read_page: Spec<Record<string, never>>
  readonly set_headline: Spec<{ readonly text: z.ZodString }>
  readonly add_section: Spec<{ readonly title: z.ZodString; readonly text: z.ZodString }>
  readonly publish_page: Spec<Record<string, never>>
}

/** What the model may ask of the page, for both apps. */
export const specs: Specs = {
  read_page: {
    description: 'The headline and the sections of the page.',
    inputSchema: z.object({}),
  },
  set_headline: {
    description: 'Replaces the headline.',
    inputSchema: z.object({ text: z.string() }),
  },
  add_section: {
    description: 'Adds a section at the end of the page. Twice called, it adds two.',
    inputSchema: z.object({ title: z.string(), text: z.string() }),
  },
  publish_page: {
    description: 'Publishes the page, which takes a while. Twice called, it publishes twice.',
    inputSchema: z.object({}),
  },
}

/** What each of them answers. */
export type Output = Readonly<Record<string, string | number>>
export const outputSchema: z.ZodType<Output> = z.record(
  z.string(),
  z.union([z.string(), z.number()]),
)

export const system = 'You edit a landing page with your tools, and say in a sentence what you did.'
