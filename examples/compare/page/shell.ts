import { byId, element, setText } from '../../shared/element.ts'
import type { Outcome, TurnEnd } from '../outcome.ts'
import { prompts } from '../script.ts'
import type { Seen, Side } from '../tally.ts'
import { AppFrame } from './app-frame.ts'
import { bench } from './landing.ts'
import { OutcomeRow } from './outcome-row.ts'
import { type Plug, plugs } from './plugs.ts'

/** Long enough for what only waits: a lease of 2 s, a tab that is missed for 4 s. */
const quietMs = 8_000

const tab = new BroadcastChannel('tab')
const sides: readonly Side[] = ['ai-sdk', 'toolwire']
const names: Readonly<Record<Side, string>> = {
  'ai-sdk': 'the app on the AI SDK',
  toolwire: 'the app on toolwire',
}
const apps = sides.map((side) => new AppFrame(side, byId(side, HTMLIFrameElement), tab))
const buttons = plugs.map((plug) => {
  const button = element('button', '', plug.label)
  button.type = 'button'
  button.addEventListener('click', () => void pull(plug))
  byId('plugs', HTMLElement).append(button)
  return button
})
await Promise.all(apps.map((app) => app.open()))

/** Plays one plug against both apps, one after the other. */
async function pull(plug: Plug): Promise<void> {
  for (const button of buttons) {
    button.disabled = true
    button.setAttribute('aria-pressed', String(button.textContent === plug.label))
  }
  if (plug.label.includes('second tab')) await openSecondTab()
  const row = new OutcomeRow(plug.label, sides)
  // The newest first: it is what somebody who chose it looks for.
  byId('outcomes', HTMLElement).prepend(row.root)
  try {
    for (const app of apps) {
      tell(app.side, `${plug.label}: ${names[app.side]} meets it now.`)
      row.show(await play(plug, app))
    }
    tell(null, `${plug.label}: what came of it stands below.`)
  } catch (error) {
    tell(null, String(error))
    throw error
  } finally {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a broadcast channel has none
    tab.postMessage('close')
    for (const button of buttons) button.disabled = false
  }
}

/** Opened while a person has just clicked: later it would be blocked. */
async function openSecondTab(): Promise<void> {
  const opened = new Promise((resolve) => tab.addEventListener('message', resolve, { once: true }))
  open('/tab.html', '_blank', 'noopener')
  await opened
}

async function play(plug: Plug, app: AppFrame): Promise<Outcome> {
  const { label, prompt, moment, isSecondTabFirst } = plug
  await ask('/begin')
  await app.open()
  if (isSecondTabFirst) await app.openTab()
  app.say(prompt)
  if (moment && !(await app.until(() => moment(app), quietMs)))
    throw new Error(`The moment of "${label}" never came.`)
  const before = await ask('/seen')
  await plug.pull?.(app)
  const turn = plug.isStop ? await stopped(app, before) : await ended(app)
  const published = app.published()
  const asked = app.find('[data-role="user"]').length
  app.say(prompts.thanks)
  await app.until(() => app.isAnswered() && app.find('[data-role="user"]').length > asked, quietMs)
  const { calls } = await ask('/seen')
  return { plug: label, side: app.side, calls, turn, published, error: app.error() }
}

async function ended(app: AppFrame): Promise<TurnEnd> {
  if (await app.until(() => app.isAnswered(), quietMs)) return 'ended'
  // What a person would try.
  if (app.retry() && (await app.until(() => app.isAnswered(), quietMs))) return 'ended after Retry'
  await app.reload()
  return (await app.until(() => app.isAnswered(), quietMs)) ? 'ended after a reload' : 'stuck'
}

async function stopped(app: AppFrame, { modelRequests }: Seen): Promise<TurnEnd> {
  await app.until(() => false, quietMs)
  const after = await ask('/seen')
  if (after.modelRequests > modelRequests) return 'went on after Stop'
  return app.find('.chat[data-status="ready"]').length > 0 ? 'stopped' : 'stuck'
}

function tell(playing: Side | null, text: string): void {
  document.body.dataset['playing'] = playing ?? ''
  setText(byId('now', HTMLElement), text)
}

async function ask(path: string): Promise<Seen> {
  const response = await fetch(`${bench()}${path}`, { method: 'POST' })
  return response.json()
}
