import type { Transport } from '../ports/index.ts'
import { type InspectOptions, type InspectedTransport, inspect } from './inspect.ts'
import { type Inspector, mountInspector } from './mount-inspector.ts'
import { button, create } from './nodes.ts'
import { styleSheet } from './style-sheet.ts'

export interface InspectInPageOptions extends InspectOptions {
  /** What the button in the page is called. Default: the name of the transport. */
  readonly label?: string
}

/**
 * The same transport, recorded as by {@link inspect}, with a button in the corner of the page that opens the
 * inspector. One line for a host while it is developed, before the client is made, so that nothing is missed.
 */
export function inspectInPage(
  transport: Transport,
  { label = transport.name, ...options }: InspectInPageOptions = {},
): InspectedTransport {
  const inspected = inspect(transport, options)
  const host = create('div', { 'data-toolwire-inspector': '' })
  const shadow = host.attachShadow({ mode: 'open' })
  const panel = create('div', { class: 'panel', id: 'panel', hidden: '' })
  let inspector: Inspector | null = null
  const toggle = button(`Inspect ${label}`, () => setOpen(panel.hidden !== false), 'tool opener')
  const setOpen = (isOpen: boolean): void => {
    panel.hidden = !isOpen
    toggle.setAttribute('aria-expanded', String(isOpen))
    if (isOpen) inspector = mountInspector(panel, inspected.recording)
    else inspector?.close()
  }
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    setOpen(false)
    toggle.focus()
  })
  toggle.setAttribute('aria-expanded', 'false')
  toggle.setAttribute('aria-controls', 'panel')
  shadow.adoptedStyleSheets = [styleSheet()]
  shadow.append(panel, toggle)
  corner().append(host)
  return inspected
}

/** Where the buttons of all inspectors of a page stand, whoever made the first. */
function corner(): Element {
  const name = 'data-toolwire-inspectors'
  const standing = document.querySelector(`[${name}]`)
  if (standing) return standing
  const element = create('div', { [name]: '' })
  Object.assign(element.style, {
    position: 'fixed',
    insetInlineEnd: '0.75rem',
    insetBlockEnd: '0.75rem',
    zIndex: '2147483000',
    display: 'flex',
    gap: '0.5rem',
  })
  // Not in the body, which an application may draw anew, and which may not be there yet.
  document.documentElement.append(element)
  return element
}
