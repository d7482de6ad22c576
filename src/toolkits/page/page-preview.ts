import { isObject } from '../../base/index.ts'
import type { PageDocument } from '../_page-document.ts'
import type { BoundsOptions } from './bounds.ts'
import { Changes, undoStep } from './changes.ts'
import {
  type ElementEdit,
  type NewElement,
  type Position,
  createElement,
  editElement,
} from './edits.ts'
import { Session } from './session.ts'
import type { AllowUrl } from './url-policy.ts'

/** A call as a client shows it; `input` is as much as can be read while it streams. */
export interface PreviewedCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly state: string
  readonly input?: unknown
}

/** What a preview needs of a client. */
export interface PreviewClient {
  subscribe(listener: () => void): () => void
  getSnapshot(): { readonly calls: readonly PreviewedCall[] }
}

/** The same that the tools have. */
export interface PagePreviewOptions extends BoundsOptions {
  readonly allowUrl?: AllowUrl
}

const open = ['input-streaming', 'input-available', 'approval-requested', 'queued']
const previewed = ['modify_element', 'modify_elements', 'create_element']

/**
 * Shows on the page what calls will do to it while a model still writes them. It is taken back before the call runs,
 * and where it fails, is denied or cancelled, or comes to nothing. Only what the call itself could do is shown: what
 * is not allowed, or not written to its end where that matters, is left out. Gives what ends it.
 */
export function pagePreview(
  client: PreviewClient,
  page: PageDocument,
  options: PagePreviewOptions = {},
): () => void {
  const preview = new Preview(new Session({ ...options, page }))
  const show = (): void => preview.show(client.getSnapshot().calls)
  const unsubscribe = client.subscribe(show)
  show()
  return () => {
    unsubscribe()
    preview.show([])
  }
}

class Preview {
  readonly #session: Session
  /** What was shown last of each call. */
  readonly #shown = new Map<string, unknown>()

  constructor(session: Session) {
    this.#session = session
  }

  show(calls: readonly PreviewedCall[]): void {
    const mine = calls.filter(
      ({ toolName, state }) =>
        previewed.includes(toolName) && (open.includes(state) || state === 'executing'),
    )
    if (mine.length === 0 && this.#shown.size === 0) return
    const { previews } = this.#session.desk
    const isSame =
      mine.length === this.#shown.size &&
      mine.every(
        ({ toolCallId, state, input }) =>
          state === 'executing' ||
          (previews.has(toolCallId) && this.#shown.get(toolCallId) === input),
      )
    if (isSame) return
    // One may stand on another, so all of them go before any comes back.
    const before = new Set(previews.keys())
    this.#session.desk.clearPreviews()
    this.#shown.clear()
    for (const call of mine) {
      this.#shown.set(call.toolCallId, call.input)
      // The handler took it off the page: what is there now is the call itself.
      if (call.state !== 'executing' || before.has(call.toolCallId)) this.#draw(call)
    }
  }

  #draw({ toolCallId, toolName, state, input }: PreviewedCall): void {
    const { page } = this.#session
    const drawn = piecesOf(toolName, input, state === 'input-streaming').flatMap((piece) => {
      const changes = this.#try(piece)
      return changes ? [changes] : []
    })
    this.#session.desk.previews.set(toolCallId, () => {
      for (const changes of drawn.toReversed()) takeOff(changes, page)
    })
  }

  /** A piece that cannot be shown is left out: the call itself will say why. */
  #try({ target, make, edit }: Piece): Changes | null {
    const { page, policy } = this.#session
    const changes = new Changes(page)
    try {
      const context = { changes, bounds: this.#session.bounds(), policy }
      const node = this.#session.element(target)
      if (make) createElement(node, { ...make, ...edit }, context)
      else editElement(node, edit, context)
      changes.settle()
      return changes
    } catch {
      changes.revert()
      return null
    }
  }
}

/** What the app changed meanwhile stays as the app has it. */
function takeOff(changes: Changes, page: PageDocument): void {
  const back = new Changes(page)
  for (const step of changes.steps.toReversed()) {
    try {
      undoStep(back, step, page)
    } catch {
      // Somebody else's now.
    }
  }
  page.settle()
}

/** The smallest part of a call that can be shown for itself. */
interface Piece {
  readonly target: string
  readonly edit: ElementEdit
  readonly make?: { readonly tag?: string; readonly position?: Position }
}

function piecesOf(toolName: string, input: unknown, isStreaming: boolean): readonly Piece[] {
  const given = fields(input, isStreaming)
  if (toolName === 'create_element') return madePieces(given)
  if (toolName === 'modify_element') return editPieces(given)
  const edits = Array.isArray(given.all['edits']) ? given.all['edits'] : []
  return edits.flatMap((edit, index) =>
    editPieces(fields(edit, isStreaming && index === edits.length - 1)),
  )
}

interface Fields {
  readonly all: Readonly<Record<string, unknown>>
  /** Those that are written to their end: all but the last, while it streams. */
  readonly whole: Readonly<Record<string, unknown>>
  readonly isStreaming: boolean
}

function fields(value: unknown, isStreaming: boolean): Fields {
  const all = isObject(value) ? value : {}
  const entries = Object.entries(all)
  const whole = Object.fromEntries(isStreaming ? entries.slice(0, -1) : entries)
  return { all, whole, isStreaming }
}

function editPieces({ all, whole, isStreaming }: Fields): readonly Piece[] {
  const { target } = whole
  // Half a selector is a selector too, of something else.
  if (typeof target !== 'string') return []
  const pieces: ElementEdit[] = []
  const { text, html } = all
  if (typeof text === 'string') pieces.push({ text })
  else if (typeof html === 'string') pieces.push({ html })
  for (const name of ['attributes', 'style'] as const) {
    const values = fields(all[name], isStreaming && !(name in whole)).whole
    for (const [key, value] of Object.entries(values))
      if (typeof value === 'string' || value === null) pieces.push({ [name]: { [key]: value } })
  }
  return pieces.map((edit) => ({ target, edit }))
}

function madePieces({ all, whole, isStreaming }: Fields): readonly Piece[] {
  const { target, tag, position } = whole
  const { text, html } = all
  const isPlaced =
    typeof target === 'string' && (!isStreaming || position !== undefined || 'tag' in whole)
  if (!isPlaced) return []
  const content: ElementEdit = {
    ...(typeof text === 'string' && { text }),
    ...(typeof html === 'string' && { html }),
  }
  const make = {
    ...(typeof tag === 'string' && { tag }),
    // The tool checks its input before it runs; this one is still being written.
    ...(isPosition(position) && { position }),
  }
  return [{ target, make, edit: content } satisfies { make: NewElement } & Piece]
}

function isPosition(value: unknown): value is Position {
  return value === 'before' || value === 'after' || value === 'prepend' || value === 'append'
}
