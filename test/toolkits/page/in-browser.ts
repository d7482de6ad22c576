// What a page of a real browser has for the tests: the tools over its own document.
import { domPage, pagePreview } from '../../../src/toolkits/page.ts'
import type { PreviewedCall } from '../../../src/toolkits/page.ts'
import { type BenchOptions, Workbench } from './workbench.ts'

export class PageRealm {
  bench: Workbench | undefined
  #listener: (() => void) | undefined
  #calls: readonly PreviewedCall[] = []
  #endPreview: (() => void) | undefined

  /** Shows `html`, whose scripts do not run, and makes the tools for it. */
  open(html: string, options: BenchOptions = {}): void {
    const parsed = new DOMParser().parseFromString(html, 'text/html')
    document.replaceChild(document.adoptNode(parsed.documentElement), document.documentElement)
    this.reopen(options)
  }

  /** As after a reload: the same page, and nobody who remembers anything. */
  reopen(options: BenchOptions = {}): void {
    this.bench = new Workbench(domPage(), options)
  }

  preview(options: BenchOptions = {}): void {
    const client = {
      subscribe: (listener: () => void) => {
        this.#listener = listener
        return () => {
          this.#listener = undefined
        }
      },
      getSnapshot: () => ({ calls: this.#calls }),
    }
    this.#endPreview = pagePreview(client, this.bench!.page, options)
  }

  /** The client has another snapshot. */
  show(calls: readonly PreviewedCall[]): void {
    this.#calls = calls
    this.#listener?.()
  }

  endPreview(): void {
    this.#endPreview?.()
  }
}

declare global {
  // The script of a page has no other way to be reached by a test.
  var pageRealm: PageRealm
}

globalThis.pageRealm = new PageRealm()
