import type { Run, Witness } from '../witness.ts'
import type { Home } from './wires.ts'

/** What this tab is called: the same after a reload, another in every other tab. */
export function tabName(): string {
  const known = sessionStorage.getItem('tab')
  if (known) return known
  const count = Number(localStorage.getItem('tabs') ?? 0) + 1
  localStorage.setItem('tabs', String(count))
  const name = `tab ${count}`
  sessionStorage.setItem('tab', name)
  return name
}

/** The conversation of all tabs in one home, for as long as this run of the demo lasts, or until somebody starts over. */
export function conversationIn(home: Home): string {
  const key = `conversation:${home}`
  const instance = document.documentElement.dataset['instance'] ?? ''
  const known = localStorage.getItem(key)
  if (known?.startsWith(`${instance}-`)) return known
  return startOver(home)
}

export function startOver(home: Home): string {
  const instance = document.documentElement.dataset['instance'] ?? ''
  const id = `${instance}-${home}-${crypto.randomUUID().slice(0, 8)}`
  localStorage.setItem(`conversation:${home}`, id)
  return id
}

const prefix = 'run:'

/** What handlers of all tabs began: each in an entry of its own, so that tabs do not overwrite each other. */
export const tabWitness: Witness & { readonly runs: () => readonly Run[] } = {
  write: (run) => localStorage.setItem(`${prefix}${crypto.randomUUID()}`, JSON.stringify(run)),
  runs: () =>
    Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix))
      .map((key): Run => JSON.parse(localStorage.getItem(key) ?? '')),
}
