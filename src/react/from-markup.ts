import { type ReactNode, createElement } from 'react'
import type { Child, Markup } from '../views/index.ts'

/** What the host draws in the places of a card. */
export type Slots = Readonly<Partial<Record<'input' | 'output', ReactNode>>>

const renamed: Readonly<Record<string, string>> = {
  class: 'className',
  tabindex: 'tabIndex',
  referrerpolicy: 'referrerPolicy',
  spellcheck: 'spellCheck',
}

/** Draws with React. */
export function fromMarkup(child: Child, slots: Slots, extra: object = {}): ReactNode {
  if (child === null || typeof child === 'string') return child
  if ('slot' in child) return slots[child.slot]
  const { tag, key, children } = child
  const nodes = children.map((one) => fromMarkup(one, slots))
  return createElement(tag, { key, ...propsOf(child), ...extra }, ...nodes)
}

function propsOf({ attributes, on }: Markup): Record<string, unknown> {
  const props: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(attributes))
    if (name === 'autofocus') props['autoFocus'] = true
    else props[renamed[name] ?? name] = value
  const { click, text, escape } = on
  if (click) props['onClick'] = click
  if (text)
    props['onChange'] = ({ target }: { readonly target: HTMLTextAreaElement }) => text(target.value)
  if (escape)
    props['onKeyDown'] = ({ key }: { readonly key: string }) => {
      if (key === 'Escape') escape()
    }
  return props
}
