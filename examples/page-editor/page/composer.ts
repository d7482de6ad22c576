import type { ToolClient } from 'toolwire/client'
import { byId, setText } from '../../shared/element.ts'

/** What a person writes: also while tools run, when it waits for its turn. */
export function composer(client: ToolClient, fail: (error: unknown) => void): void {
  const form = byId('composer', HTMLFormElement)
  const message = byId('message', HTMLTextAreaElement)
  const stop = byId('stop', HTMLButtonElement)
  const say = (text: string): void => {
    if (text.trim() === '') return
    setText(byId('news', HTMLElement), '')
    client.send(text.trim()).catch(fail)
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    say(message.value)
    message.value = ''
    fit()
  })
  const fit = (): void => {
    message.style.height = 'auto'
    message.style.height = `${message.scrollHeight}px`
  }
  message.addEventListener('input', fit)
  message.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  })
  for (const button of document.querySelectorAll<HTMLButtonElement>('#suggestions button'))
    button.addEventListener('click', () => say(button.dataset['prompt'] ?? ''))
  const halt = (): void => void client.stop().catch(fail)
  stop.addEventListener('click', halt)
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape' && !stop.hidden) halt()
  })
  client.subscribe(() => {
    const { status } = client.getSnapshot()
    stop.hidden = status === 'ready' || status === 'error'
  })
}
