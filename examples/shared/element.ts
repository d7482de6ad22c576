/** A new element with a class and a text. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text = '',
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text) made.textContent = text
  return made
}

/** An element of the page that is there from the start. */
export function byId<Made extends HTMLElement>(id: string, kind: new () => Made): Made {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`The page has no "${id}".`)
  return found
}

/** Changes only what differs, so that selections and focus stay. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}
