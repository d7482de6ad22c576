import { type Snapshot, type ToolClient, createToolClient, indexedDbLedger } from 'toolwire/client'
import { inspect } from 'toolwire/inspector'
import { pagePreview } from 'toolwire/toolkits/page'
import { byId, setText } from '../../shared/element.ts'
import { type Entry, entriesOf, ledgerCalls } from '../ledger.ts'
import { clientTools } from '../tools.ts'
import type { Publisher } from '../publish-tool.ts'
import { Chat } from './chat.ts'
import { composer } from './composer.ts'
import { inspectorPanel } from './inspector-panel.ts'
import { LedgerView } from './ledger-view.ts'
import { PlugPanel } from './plug-panel.ts'
import type { Socket } from './plugs.ts'
import { ServerRuns } from './server-runs.ts'
import { followTheme } from './theme.ts'
import { savedPage } from './saved-page.ts'
import { panels } from './panels.ts'
import { conversationIn, startOver, tabName, tabWitness } from './tab.ts'
import { type OpenWire, type Wire, homeOf, isWire, openWire, wires } from './wires.ts'

const wireOfUrl = new URLSearchParams(location.search).get('wire')
let wire: Wire = isWire(wireOfUrl) ? wireOfUrl : 'websocket'
const home = homeOf(wire)
const name = tabName()
const conversationId = conversationIn(home)
const site = await siteIn(byId('site', HTMLIFrameElement))
followTheme(site)

const { page, html } = savedPage(rootOf(site), `page:${conversationId}`)
let open: OpenWire = await openWire(wire)
// Before there is a client, so that no frame is missed.
const inspected = inspect(open.transport)
const showInspector = inspectorPanel(inspected.recording)
panels((isOpen) => void showInspector(isOpen).catch(fail))
const client: ToolClient = createToolClient({
  transport: inspected,
  conversationId,
  ledger: indexedDbLedger(),
  tools: clientTools({ page, publisher: publisher(), witness: tabWitness, name }),
  onError: ({ error }) => fail(error),
})
pagePreview(client, page)

const approvalMs = Number(document.documentElement.dataset['approvalMs'])
const chat = new Chat({ client, approvalMs, fail })
const ledger = new LedgerView()
const tabs = new BroadcastChannel(`tabs:${conversationId}`)

const serverRuns = new ServerRuns()
let entries: readonly Entry[] = []
const readers = new Set([
  'product_facts',
  ...client.tools
    .list()
    .flatMap((tool) => (tool.descriptor.readOnly ? [tool.descriptor.name] : [])),
])

function showLedger(snapshot: Snapshot): void {
  const runs = [...tabWitness.runs(), ...serverRuns.runs]
  const mayRepeat = (toolName: string): boolean => readers.has(toolName)
  entries = entriesOf(ledgerCalls(snapshot), runs, { mayRepeat, isCounted: serverRuns.isCounted })
  ledger.show(entries)
}

const socket: Socket = {
  get wire() {
    return wire
  },
  home,
  snapshot: () => client.getSnapshot(),
  stop: () => client.stop(),
  approve: (toolCallId) => client.approve(toolCallId),
  until,
  async post(path) {
    await fetch(path, { method: 'POST' })
  },
  openTab() {
    const joined = new Promise<void>((resolve) => {
      tabs.addEventListener('message', () => resolve(), { once: true })
    })
    window.open(location.href, '_blank', 'noopener')
    return joined
  },
  reload: () => location.reload(),
  killServer: () => change(wire),
}
const panel = new PlugPanel({
  socket,
  send: (prompt) => client.send(prompt),
  entry: (toolCallId) => entries.find(({ call }) => call.toolCallId === toolCallId),
  fail,
})

client.subscribe(show)
addEventListener('storage', () => showLedger(client.getSnapshot()))
composer(client, fail)
wireButtons()
byId('start-over', HTMLButtonElement).addEventListener('click', () => {
  startOver(home)
  location.reload()
})
if (home === 'browser')
  setText(
    byId('own-model', HTMLElement),
    'In an iframe or a worker it is the script: no key leaves the server.',
  )
let lastError: string | undefined
let lastPublished: string | undefined
show()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a broadcast channel has none
void until(({ connection }) => connection === 'open').then(() => tabs.postMessage(name))
panel.resume().catch(fail)

function show(): void {
  const snapshot = client.getSnapshot()
  document.body.dataset['status'] = snapshot.status
  document.body.dataset['connection'] = snapshot.connection
  setText(byId('connection-text', HTMLElement), `${snapshot.connection} · ${name}`)
  chat.show(snapshot)
  showLedger(snapshot)
  void serverRuns.ask(snapshot).then((isNew) => {
    if (isNew) show()
  })
  void showPublished(snapshot)
  // What failed and goes on again needs no word any more.
  const error = snapshot.error?.text
  if (error !== lastError) setText(byId('news', HTMLElement), error ?? '')
  lastError = error
}

/** The address of what was published last and not taken back. */
async function showPublished({ calls }: Snapshot): Promise<void> {
  const last = calls.findLast(
    ({ toolName, state, undo }) =>
      toolName === 'publish_page' && state === 'output-available' && undo?.state !== 'undone',
  )
  const key = addressOf(last?.output)
  if (key === lastPublished) return
  lastPublished = key
  const link = byId('published', HTMLAnchorElement)
  link.hidden = key === undefined
  if (key !== undefined) link.href = `/published/${key}`
}

function addressOf(output: unknown): string | undefined {
  const isReceipt = typeof output === 'object' && output !== null && 'address' in output
  return isReceipt ? String(output.address) : undefined
}

function until(isIt: (snapshot: Snapshot) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!isIt(client.getSnapshot())) return
      leave()
      resolve()
    }
    const leave = client.subscribe(look)
    look()
  })
}

/** Goes on over another wire, or over a new one of the same kind where the server was killed. */
async function change(next: Wire): Promise<void> {
  open.kill()
  open = await openWire(next)
  wire = next
  client.moveTo(inspected.recording.transport(open.transport))
  history.replaceState(null, '', `?wire=${wire}`)
  showWire()
  panel.refresh()
}

function wireButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('#wires button'))
    button.addEventListener('click', () => {
      const next = wires.find((one) => one === button.dataset['wire'])
      if (next === undefined || next === wire) return
      // A server in this tab has conversations of its own.
      if (homeOf(next) !== home) location.search = `?wire=${next}`
      else change(next).catch(fail)
    })
  showWire()
}

function showWire(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('#wires button'))
    button.setAttribute('aria-checked', String(button.dataset['wire'] === wire))
}

function publisher(): Publisher {
  const send = async (key: string, init: RequestInit): Promise<void> => {
    // A server that is being restarted answers again in a moment; the same piece twice is one.
    for (let attempt = 1; ; attempt++)
      try {
        const answer = await fetch(`/published/${key}`, init)
        if (answer.ok) return
        throw new Error(`The server answered ${answer.status}.`)
      } catch (error) {
        if (attempt === 20) throw error
        await new Promise((resolve) => setTimeout(resolve, 250))
      }
  }
  return {
    html,
    put: (key, piece) => send(key, { method: 'PUT', body: JSON.stringify(piece) }),
    remove: (key) => send(key, { method: 'DELETE' }),
    pauseMs: 180,
  }
}

function siteIn(frame: HTMLIFrameElement): Promise<Document> {
  const ready = (): Document | null =>
    frame.contentDocument?.readyState === 'complete' && frame.contentDocument.URL !== 'about:blank'
      ? frame.contentDocument
      : null
  return new Promise((resolve) => {
    const look = (): void => {
      const found = ready()
      if (found) resolve(found)
    }
    frame.addEventListener('load', look)
    look()
  })
}

function rootOf(document: Document): Element {
  const root = document.querySelector('#site')
  if (!root) throw new Error('The site has no root.')
  return root
}

function fail(error: unknown): void {
  setText(byId('news', HTMLElement), error instanceof Error ? error.message : String(error))
}
