import type { World } from '../base/index.ts'
import type { ToolClient } from '../client/index.ts'
import type { ToolPart } from '../protocol/index.ts'
import {
  CallController,
  type CallMarkupOptions,
  type CallScene,
  type CallUiState,
  type Child,
  approvalMarkup,
  callMarkup,
  errorMarkup,
  indicatorMarkup,
  sceneOf,
  stringsOf,
  titleIn,
} from '../views/index.ts'
import { type Slots, draw } from './draw.ts'

/** How the elements draw; as the properties of the components for React. */
export interface ToolElementOptions extends Omit<CallMarkupOptions, 'slots' | 'title'> {
  /** What people call a tool. Default: its title where this client runs it, else its name in words. */
  readonly titleOf?: (toolName: string) => string | undefined
  /** Draws the input and the output in your own way; a text stays a text. */
  readonly renderInput?: (call: ToolPart) => Node | string
  readonly renderOutput?: (call: ToolPart) => Node | string
  /** Clock and timers; default the real ones. */
  readonly world?: World
}

/** What every element has; set the properties in any order, before or after it is in the page. */
export interface ToolElement extends HTMLElement {
  client: ToolClient | undefined
  options: ToolElementOptions
}

/** An element for one call, which its attribute `tool-call-id` names. */
export interface ToolCallElement extends ToolElement {
  /** Shown instead of what the client knows. */
  call: ToolPart | undefined
}

/**
 * Defines `<toolwire-call>`, `<toolwire-indicator>`, `<toolwire-approval>`, `<toolwire-error>` and
 * `<toolwire-timeline>`. To import this module does nothing, so it may be imported on a server; calling it twice
 * does nothing more.
 */
export function defineToolElements(): void {
  if (customElements.get('toolwire-timeline')) return
  const callElement = callElementOf(baseElement())
  customElements.define('toolwire-call', callElement(callMarkup))
  customElements.define('toolwire-indicator', callElement(indicatorMarkup))
  customElements.define('toolwire-approval', callElement(approvalMarkup))
  customElements.define('toolwire-error', callElement(errorMarkup))
  customElements.define('toolwire-timeline', timelineElement(baseElement()))
}

type Base = new () => ToolElement & {
  start(): () => void
  restart(): void
  connectedCallback(): void
  disconnectedCallback(): void
}

/** Made on demand, since a server has no `HTMLElement` to extend. */
function baseElement(): Base {
  return class extends HTMLElement {
    #client: ToolClient | undefined
    #options: ToolElementOptions = {}
    #stop: (() => void) | null = null

    get client(): ToolClient | undefined {
      return this.#client
    }

    set client(client: ToolClient | undefined) {
      if (client === this.#client) return
      this.#client = client
      this.restart()
    }

    get options(): ToolElementOptions {
      return this.#options
    }

    set options(options: ToolElementOptions) {
      this.#options = options
      this.restart()
    }

    connectedCallback(): void {
      // What was set before the element was defined hides the accessors.
      for (const name of Object.keys(this)) {
        const value: unknown = Reflect.get(this, name)
        Reflect.deleteProperty(this, name)
        Reflect.set(this, name, value)
      }
      this.#stop ??= this.start()
    }

    disconnectedCallback(): void {
      this.#stop?.()
      this.#stop = null
    }

    restart(): void {
      if (!this.#stop) return
      this.#stop()
      this.#stop = this.start()
    }

    /** Draws, and draws again after every change, until the function that it returns is called. */
    start(): () => void {
      return () => {}
    }
  }
}

type CallElementOf = (view: (scene: CallScene) => Child) => CustomElementConstructor

function callElementOf(base: Base): CallElementOf {
  return (view) =>
    class extends base implements ToolCallElement {
      static readonly observedAttributes = ['tool-call-id']
      #call: ToolPart | undefined
      #controller: CallController | null = null

      get call(): ToolPart | undefined {
        return this.#call
      }

      set call(call: ToolPart | undefined) {
        this.#call = call
        if (this.getAttribute('tool-call-id') === null) this.restart()
        else this.#controller?.show(call)
      }

      attributeChangedCallback(): void {
        this.restart()
      }

      override start(): () => void {
        const { client } = this
        const { world } = this.options
        const toolCallId = this.getAttribute('tool-call-id') ?? this.#call?.toolCallId ?? ''
        const controller = new CallController({ client, toolCallId, world })
        this.#controller = controller
        controller.show(this.#call)
        let last: CallUiState | null = null
        const look = (): void => {
          const state = controller.getState()
          if (state === last) return
          last = state
          this.#draw(state, controller)
        }
        const stop = controller.subscribe(look)
        look()
        return stop
      }

      #draw(state: CallUiState, controller: CallController): void {
        const { call } = state
        const { titleOf, renderInput, renderOutput, world: _, ...options } = this.options
        const title = call && (titleOf?.(call.toolName) ?? titleIn(this.client, call.toolName))
        const own: Slots = call
          ? {
              ...(renderInput && { input: renderInput(call) }),
              ...(renderOutput && { output: renderOutput(call) }),
            }
          : {}
        const slots = (['input', 'output'] as const).filter((name) => name in own)
        const scene = sceneOf(state, controller, { ...options, title, slots })
        draw(this, [scene && view(scene)], own)
        const root = this.firstElementChild
        if (root instanceof HTMLElement) controller.keepFocus(root)
      }
    }
}

function timelineElement(base: Base): CustomElementConstructor {
  return class extends base {
    override start(): () => void {
      const { client } = this
      let last: readonly ToolPart[] | null = null
      const look = (): void => {
        const calls = client?.getSnapshot().calls ?? []
        if (calls === last) return
        last = calls
        this.#draw(calls)
      }
      this.replaceChildren()
      const stop = client?.subscribe(look)
      look()
      return () => stop?.()
    }

    #draw(calls: readonly ToolPart[]): void {
      const strings = stringsOf(this.options.strings)
      if (calls.length === 0) {
        const empty = document.createElement('p')
        empty.className = 'tw-empty'
        empty.textContent = strings.empty
        return this.replaceChildren(empty)
      }
      const list = this.querySelector(':scope > ol') ?? document.createElement('ol')
      list.className = 'tw-timeline'
      list.ariaLabel = strings.timeline
      if (list.parentNode !== this) this.replaceChildren(list)
      // Calls come at the end, and only a client that follows anew loses some.
      calls.forEach(({ toolCallId }, at) => {
        const item = list.children[at] ?? list.appendChild(document.createElement('li'))
        if (item.firstElementChild?.getAttribute('tool-call-id') !== toolCallId)
          item.replaceChildren(this.#card(toolCallId))
      })
      while (list.children.length > calls.length) list.lastElementChild?.remove()
    }

    #card(toolCallId: string): HTMLElement {
      const card = document.createElement('toolwire-call')
      card.setAttribute('tool-call-id', toolCallId)
      return Object.assign(card, { client: this.client, options: this.options })
    }
  }
}
