// A second tab: shows what it is told to, and closes when it is told to.
import { byId } from '../../shared/element.ts'

/** So that the app has asked its server what there is, before anything else happens. */
const settleMs = 1_000

const frame = byId('app', HTMLIFrameElement)
const news = new BroadcastChannel('tab')
news.addEventListener('message', ({ data }: MessageEvent<string>) => {
  if (data === 'close') close()
  else if (data.startsWith('/')) {
    frame.addEventListener('load', () => setTimeout(tell, settleMs, 'loaded'), { once: true })
    frame.src = data
  }
})
tell('open')

function tell(what: 'open' | 'loaded'): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a broadcast channel has none
  news.postMessage(what)
}
