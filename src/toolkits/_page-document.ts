/** A node of a page. What is in it only its page knows. */
export type PageNode = object

/** Everything that is neither an element of HTML or SVG nor text counts as `other`. */
export type PageNodeKind = 'html' | 'svg' | 'text' | 'other'

/**
 * A page that tools can read and change: a live document, a file, or something of your own. It does what it is told;
 * what may be done is decided before. Nodes keep their identity for as long as somebody holds them, also out of the
 * page.
 */
export interface PageDocument {
  /** The topmost element. Nothing outside it is ever reached. */
  readonly root: PageNode
  /** Where the page is, and what addresses in it are relative to. */
  readonly location: { readonly url: string; readonly base: string }

  /** The elements that match, the root included, in document order. Throws where it is no selector. */
  query(selector: string): readonly PageNode[]
  kind(node: PageNode): PageNodeKind
  /** The local name of an element, in lower case where it is of HTML. */
  name(element: PageNode): string
  /** By qualified name. */
  attributes(element: PageNode): ReadonlyMap<string, string>
  parent(node: PageNode): PageNode | null
  nodes(parent: PageNode): readonly PageNode[]
  /** All text in a node. */
  text(node: PageNode): string
  /** As it would stand in a file. */
  html(node: PageNode): string
  /** Reads HTML as it would be read within `context`, without running or loading anything. */
  parse(html: string, context: PageNode): readonly PageNode[]
  createText(text: string): PageNode

  /** `null` removes it. */
  setAttribute(element: PageNode, name: string, value: string | null): void
  /** Makes `nodes` the children; those that were there before and stay are not touched. */
  setNodes(parent: PageNode, nodes: readonly PageNode[]): void
  /**
   * Ends a change. Gives why the page cannot be as it is now, so that whoever changed it changes it back and ends that.
   */
  settle(): string | null
  /** Keeps what was changed, where it has to be kept. What it rejects with takes the change back. */
  save?(): unknown
  /** Whether an element of this name would hide a property of the document from its scripts. */
  isTaken(name: string): boolean
  /** Whether a browser would take the declaration; without it, any that is harmless passes. */
  supportsStyle?(property: string, value: string): boolean
}
