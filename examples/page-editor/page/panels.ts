import { byId } from '../../shared/element.ts'

/** Opens and closes the panel of plugs, and on a phone also the chat. */
export function panels(): void {
  const plugs = byId('plugs', HTMLElement)
  const opener = byId('open-plugs', HTMLButtonElement)
  const showPlugs = (isOpen: boolean): void => {
    plugs.hidden = !isOpen
    opener.setAttribute('aria-expanded', String(isOpen))
    sessionStorage.setItem('plugs', isOpen ? 'open' : '')
  }
  const showChat = (isOpen: boolean): void => {
    document.body.dataset['sheet'] = isOpen ? 'chat' : ''
  }
  opener.addEventListener('click', () => showPlugs(plugs.hidden !== false))
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-open]'))
    button.addEventListener('click', () => {
      const isChat = button.dataset['open'] === 'chat'
      showChat(isChat && document.body.dataset['sheet'] !== 'chat')
      showPlugs(!isChat && plugs.hidden !== false)
    })
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-close]'))
    button.addEventListener('click', () => {
      showPlugs(false)
      showChat(false)
    })
  showPlugs(sessionStorage.getItem('plugs') === 'open')
}
