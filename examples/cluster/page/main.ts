import { byId, element, setText } from '../../shared/element.ts'
import type { News, Picture } from '../picture.ts'
import { ServerCard } from './server-card.ts'

const servers = byId('servers', HTMLElement)
const totals = byId('totals', HTMLElement)
const calls = byId('calls', HTMLElement)
const news = byId('news', HTMLElement)
const connection = byId('connection', HTMLElement)

const cards = [1, 2].map((number) => new ServerCard(number, () => void kill(number)))
servers.append(...cards.map(({ root }) => root))

/** Every number of the totals; those of the second kind are to be 0. */
const numbers: readonly [label: string, of: (picture: Picture) => number, isFault?: true][] = [
  ['Turns', ({ turns }) => turns],
  ['Taken over', ({ takeovers }) => takeovers],
  ['Waiting', ({ waiting }) => waiting],
  ['Calls checked', ({ checkedCalls }) => checkedCalls],
  ['Wrong results', ({ faults }) => faults, true],
  ['Double runs', ({ doubleRuns }) => doubleRuns, true],
]
const totalTexts = numbers.map(([label, , isFault]) => {
  const value = element('dd')
  const total = element('div', isFault ? 'total fault' : 'total')
  total.append(element('dt', '', label), value)
  totals.append(total)
  return value
})

async function kill(number: number): Promise<void> {
  // A server that died in the meantime is not killed again, which the next picture shows.
  await fetch(`/kill/${number}`, { method: 'POST' }).catch(() => showConnection(false))
}

function show(picture: Picture): void {
  setText(byId('clients', HTMLElement), String(picture.clients))
  for (const [index, card] of cards.entries()) {
    const server = picture.servers[index]
    if (server) card.show(server)
  }
  for (const [index, [, of, isFault]] of numbers.entries()) {
    const [value, text] = [of(picture), totalTexts[index]]
    if (!text) continue
    setText(text, value.toLocaleString('en'))
    text.dataset['mood'] = isFault ? (value === 0 ? 'good' : 'bad') : 'plain'
  }
  showCalls(picture)
  showNews(picture.news)
}

function showCalls({ calls: counts }: Picture): void {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0)
  for (const [state, count] of Object.entries(counts)) {
    const row = rowOf(state)
    const [share, number] = [row.querySelector('progress'), row.querySelector('.count')]
    if (share) share.value = count / all
    if (number) setText(number, count.toLocaleString('en'))
  }
}

const rows = new Map<string, HTMLElement>()

function rowOf(state: string): HTMLElement {
  const known = rows.get(state)
  if (known) return known
  const row = element('tr')
  const name = element('th', '', state)
  name.scope = 'row'
  const share = element('td', 'share')
  const bar = element('progress')
  bar.ariaLabel = `Share of ${state}`
  share.append(bar)
  row.dataset['mood'] = state === 'output-available' ? 'good' : 'warn'
  row.append(name, share, element('td', 'count'))
  rows.set(state, row)
  calls.append(row)
  return row
}

let newest: News | undefined

/** Only what is new, so that a screen reader says it once. */
function showNews(items: readonly News[]): void {
  const known = items.findIndex(({ at, text }) => at === newest?.at && text === newest.text)
  const fresh = items.slice(0, known === -1 ? undefined : known)
  newest = items[0]
  for (const { at, text } of fresh.toReversed()) {
    const item = element('li')
    item.append(element('time', '', new Date(at).toLocaleTimeString('en-GB')), text)
    news.prepend(item)
  }
  while (news.childElementCount > 12) news.lastElementChild?.remove()
}

function showConnection(isOpen: boolean): void {
  connection.dataset['status'] = isOpen ? 'open' : 'closed'
  setText(connection, isOpen ? 'live' : 'the program has ended')
}

const pictures = new EventSource('/pictures')
pictures.addEventListener('open', () => showConnection(true))
pictures.addEventListener('error', () => showConnection(false))
// Written by switchboard.ts.
pictures.addEventListener('message', ({ data }) => show(JSON.parse(String(data)) as Picture))
