import { ToolwireError, isToolwireError } from '../base/index.ts'
import type { ClientCommand, RefusedTool, ReplyFrame, ReplyStatus } from '../protocol/index.ts'
import { type ToolRegistry, offerOf } from '../tools/index.ts'

interface SyncOptions {
  readonly tools: ToolRegistry
  readonly name: string | undefined
  readonly capabilities: readonly string[]
  readonly request: (command: ClientCommand) => Promise<ReplyFrame>
  readonly onError: (error: unknown, about?: { readonly toolName: string }) => void
}

/** Definitions together larger than this are not sent, since no frame could carry them. */
const maxOfferChars = 512 * 1024

/** Tells the server what this client can run: by its hash where that may be known there, else all of it. */
export class CatalogSync {
  readonly #options: SyncOptions
  #version = 0
  /** What the server was told last. */
  #told: string | null = null
  #changing: Promise<void> | null = null

  constructor(options: SyncOptions) {
    this.#options = options
  }

  /** Resolves once the server has the tools as they are now, or newer ones, or that failed and was reported. */
  async sync(mayBeKnown: boolean): Promise<void> {
    try {
      await this.#sync(mayBeKnown)
    } catch (error) {
      // A closed client syncs no more; `send` fails by itself then.
      if (!isToolwireError(error) || error.code !== 'TRANSPORT_CLOSED') this.#options.onError(error)
    }
  }

  /** The same after a change; tools that come one by one go up together. */
  soon(): Promise<void> {
    this.#changing ??= Promise.resolve().then(() => {
      this.#changing = null
      return this.sync(false)
    })
    return this.#changing
  }

  async #sync(mayBeKnown: boolean): Promise<void> {
    const { tools, name, capabilities } = this.#options
    const offer = offerOf(tools.catalog(), tools.list())
    const isTooLarge = JSON.stringify(offer.tools).length > maxOfferChars
    const told = isTooLarge ? offer.tools.map(({ descriptor: _, ...tool }) => tool) : offer.tools
    const command = {
      type: 'sync',
      hash: offer.hash,
      version: ++this.#version,
      ...(name !== undefined && { name }),
      ...(capabilities.length > 0 && { capabilities }),
    } as const
    const isTold = mayBeKnown || this.#told === offer.hash
    this.#told = offer.hash
    const status = isTold ? await this.#ask(command) : 'gone'
    if (status === 'accepted' || status === 'superseded') return
    if ((await this.#ask({ ...command, tools: told })) === 'denied')
      throw new ToolwireError('COMMAND_REFUSED', 'The server refused the tools of this client.', {
        hint: 'Names and capabilities are texts that are not empty.',
      })
  }

  async #ask(command: ClientCommand): Promise<ReplyStatus> {
    const { request, onError } = this.#options
    const { st, refused = [] } = await request(command)
    for (const tool of refused) onError(toolRefused(tool), { toolName: tool.name })
    return st
  }
}

/** What the developer of a tool is told that the server did not take. */
function toolRefused({ name, why }: RefusedTool): ToolwireError {
  return new ToolwireError('TOOL_REFUSED', `The server does not take the tool "${name}". ${why}`, {
    hint: 'Register its definition on the server, or accept it there with `acceptTool`.',
  })
}
