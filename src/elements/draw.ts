import type { Child, Handlers, Markup } from '../views/index.ts'

/** What the host draws in the places of a card. */
export type Slots = Readonly<Partial<Record<'input' | 'output', Node | string>>>

/** What an element was drawn from. */
interface Drawn {
  readonly key: string | undefined
  on: Handlers
}

const drawn = new WeakMap<Node, Drawn>()

/**
 * Makes the children of `parent` what `children` say, and leaves standing what is as it was: focus, selection and
 * what a person has opened.
 */
export function draw(parent: Element, children: readonly Child[], slots: Slots = {}): void {
  let next = parent.firstChild
  for (const child of children) {
    if (child === null) continue
    const node = drawChild(child, next, { parent, slots })
    if (node === null) continue
    if (node === next) next = next.nextSibling
    else parent.insertBefore(node, next)
  }
  while (next) {
    const gone = next
    next = next.nextSibling
    gone.remove()
  }
}

interface Place {
  readonly parent: Element
  readonly slots: Slots
}

/** The node for `child`: one that stands from `from` on, where there is one that fits, else a new one. */
function drawChild(child: Child, from: ChildNode | null, { parent, slots }: Place): Node | null {
  if (child === null) return null
  if (typeof child === 'string') return textNode(child, from)
  if ('slot' in child) {
    const own = slots[child.slot]
    return typeof own === 'string' ? textNode(own, from) : (own ?? null)
  }
  const element = standing(child, from) ?? created(child, parent)
  update(element, child)
  draw(element, child.children, slots)
  return element
}

function textNode(text: string, from: ChildNode | null): Text {
  if (!(from instanceof Text)) return new Text(text)
  if (from.data !== text) from.data = text
  return from
}

function standing({ tag, key }: Markup, from: ChildNode | null): HTMLElement | null {
  for (let node = from; node; node = node.nextSibling)
    if (node instanceof HTMLElement && node.localName === tag && drawn.get(node)?.key === key)
      return node
  return null
}

function created({ tag, key, on, attributes }: Markup, { ownerDocument }: Element): HTMLElement {
  const element: HTMLElement = ownerDocument.createElement(tag)
  const own: Drawn = { key, on }
  drawn.set(element, own)
  element.addEventListener('click', () => own.on.click?.())
  element.addEventListener('input', () => {
    if (element instanceof HTMLTextAreaElement) own.on.text?.(element.value)
  })
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') own.on.escape?.()
  })
  // It is not in the page yet.
  if ('autofocus' in attributes) queueMicrotask(() => element.focus())
  return element
}

function update(element: HTMLElement, { attributes, on }: Markup): void {
  const known = drawn.get(element)
  if (known) known.on = on
  const wanted = Object.entries(attributes).filter(([, value]) => value !== undefined)
  const names = new Set(wanted.map(([name]) => name))
  for (const name of element.getAttributeNames())
    // A person opens and closes folds.
    if (!names.has(name) && name !== 'open') element.removeAttribute(name)
  for (const [name, value] of wanted) set(element, name, String(value))
}

function set(element: HTMLElement, name: string, value: string): void {
  if (element instanceof HTMLTextAreaElement && name === 'value') {
    if (element.value !== value) element.value = value
  } else if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}
