/**
 * What is drawn, without saying how: React and the custom elements make the same of it. Texts become text nodes and
 * nothing else; there is no way to say markup in a text.
 */
export interface Markup {
  readonly tag:
    | 'div'
    | 'span'
    | 'p'
    | 'pre'
    | 'a'
    | 'img'
    | 'button'
    | 'textarea'
    | 'progress'
    | 'label'
    | 'details'
    | 'summary'
  readonly attributes: Readonly<Record<string, string | number | undefined>>
  readonly on: Handlers
  readonly children: readonly Child[]
  /** Tells siblings apart that come and go. */
  readonly key?: string | undefined
}

export interface Handlers {
  readonly click?: (() => void) | undefined
  /** The new text of a field. */
  readonly text?: ((text: string) => void) | undefined
  readonly escape?: (() => void) | undefined
}

/** `slot` stands for what the host draws itself. */
export type Child = Markup | string | { readonly slot: 'input' | 'output' } | null

export interface MarkupOptions extends Handlers {
  readonly key?: string
  /** Attributes by their names in HTML; one without a value is left out. */
  readonly [attribute: string]: string | number | Handlers[keyof Handlers] | undefined
}

export function markup(
  tag: Markup['tag'],
  { click, text, escape, key, ...attributes }: MarkupOptions,
  ...children: readonly Child[]
): Markup {
  // Only the handlers are functions, and they are taken out.
  const plain = attributes as Markup['attributes']
  return { tag, attributes: plain, on: { click, text, escape }, children, key }
}
