import { type PageDocument, domPage } from 'toolwire/toolkits/page'

/** The page in the frame, kept over reloads and shared by tabs. */
export interface SavedPage {
  readonly page: PageDocument
  /** The whole page, as it is published. */
  readonly html: () => string
}

/** What is kept of a page: its nodes, and the `style` of what they are in. */
interface Kept {
  readonly style: string | null
  readonly content: string
}

export function savedPage(root: Element, key: string): SavedPage {
  const dom = domPage(root)
  const restore = (text: string): void => {
    const { style, content }: Kept = JSON.parse(text)
    dom.setAttribute(root, 'style', style)
    dom.setNodes(root, dom.parse(content, root))
  }
  const kept = localStorage.getItem(key)
  if (kept !== null) restore(kept)
  // Another tab changed it.
  addEventListener('storage', ({ key: changed, newValue }) => {
    if (changed === key && newValue !== null) restore(newValue)
  })
  return {
    page: {
      ...dom,
      save() {
        const content = dom
          .nodes(root)
          .map((node) => dom.html(node))
          .join('')
        const now: Kept = { style: root.getAttribute('style'), content }
        localStorage.setItem(key, JSON.stringify(now))
      },
    },
    html: () => dom.html(root),
  }
}
