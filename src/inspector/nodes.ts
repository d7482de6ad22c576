type Attributes = Readonly<Record<string, string>>

/** An element with attributes; texts among the children become text nodes, never markup. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

export function button(label: string, onClick: () => void, name = 'tool'): HTMLButtonElement {
  const element = create('button', { type: 'button', class: name }, [label])
  element.addEventListener('click', onClick)
  return element
}

/** Makes `wanted` the children of `parent`, moving none that stands right already, so that focus stays. */
export function arrange(parent: Element, wanted: readonly Element[]): void {
  const all = new Set(wanted)
  for (const child of Array.from(parent.children)) if (!all.has(child)) child.remove()
  let next = parent.firstElementChild
  for (const child of wanted)
    if (child === next) next = next.nextElementSibling
    else parent.insertBefore(child, next)
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Lets the arrow keys, Home and End go through the buttons of a list. */
export function walkByKeys(list: HTMLElement): void {
  list.addEventListener('keydown', (event) => {
    const rows = [...list.querySelectorAll('button')]
    const at = rows.findIndex((row) => row.matches(':focus'))
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: at - 1,
      ArrowDown: at + 1,
      Home: 0,
      End: rows.length - 1,
    }
    const row = Object.hasOwn(steps, event.key) ? rows[steps[event.key] ?? -1] : undefined
    if (!row) return
    event.preventDefault()
    row.focus()
  })
}
