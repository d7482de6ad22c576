import { byId } from '../../shared/element.ts'

/** On a desk each is open or not; on a phone they are sheets, of which one is open. */
const names = ['plugs', 'inspector'] as const
type Name = (typeof names)[number]

/** Opens and closes the panels of plugs and of the inspector, and on a phone also the chat. */
export function panels(onInspector: (isOpen: boolean) => void): void {
  const isOpen = (name: Name): boolean => !byId(name, HTMLElement).hidden
  const show = (name: Name, isNowOpen: boolean): void => {
    byId(name, HTMLElement).hidden = !isNowOpen
    tell(name, isNowOpen)
    sessionStorage.setItem(name, isNowOpen ? 'open' : '')
    if (name === 'inspector') onInspector(isNowOpen)
  }
  const isChatOpen = (): boolean => document.body.dataset['sheet'] === 'chat'
  const showChat = (isNowOpen: boolean): void => {
    document.body.dataset['sheet'] = isNowOpen ? 'chat' : ''
    tell('chat', isNowOpen)
  }
  const showSheet = (wanted: string): void => {
    showChat(wanted === 'chat' && !isChatOpen())
    for (const name of names) show(name, wanted === name && !isOpen(name))
  }
  const close = (name: string): void => {
    if (name === 'chat') showChat(false)
    for (const one of names) if (one === name) show(one, false)
    openersOf(name)
      .find((opener) => opener.checkVisibility())
      ?.focus()
  }

  for (const name of names)
    byId(`open-${name}`, HTMLButtonElement).addEventListener('click', () =>
      show(name, !isOpen(name)),
    )
  for (const button of document.querySelectorAll<HTMLButtonElement>('#tabs button'))
    button.addEventListener('click', () => showSheet(button.getAttribute('aria-controls') ?? ''))
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-close]'))
    button.addEventListener('click', () => close(button.dataset['close'] ?? ''))
  byId('inspector', HTMLElement).addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') close('inspector')
  })

  showChat(false)
  const isWanted = new URLSearchParams(location.search).has('inspector')
  for (const name of names)
    show(name, sessionStorage.getItem(name) === 'open' || (name === 'inspector' && isWanted))
}

function openersOf(name: string): readonly HTMLButtonElement[] {
  return [...document.querySelectorAll<HTMLButtonElement>(`button[aria-controls="${name}"]`)]
}

function tell(name: string, isOpen: boolean): void {
  for (const opener of openersOf(name)) opener.setAttribute('aria-expanded', String(isOpen))
}
