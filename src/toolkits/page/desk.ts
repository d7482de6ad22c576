import type { PageDocument } from '../_page-document.ts'
import { Handles } from './handles.ts'

/** What everybody who works on one page has to share. */
export class Desk {
  readonly handles: Handles
  /** What shows on the page and is not done yet, by call: each function takes it off the page. */
  readonly previews: Map<string, () => void> = new Map()

  constructor(page: PageDocument) {
    this.handles = new Handles(page)
  }

  /** Whoever reads or changes the page does that first. */
  clearPreviews(): void {
    for (const takeOff of [...this.previews.values()].toReversed()) takeOff()
    this.previews.clear()
  }
}

// By the page, so that tools and previews that were made apart still know of each other.
const desks = new WeakMap<PageDocument, Desk>()

export function deskOf(page: PageDocument): Desk {
  const desk = desks.get(page) ?? new Desk(page)
  desks.set(page, desk)
  return desk
}
