import {
  CallCredentials,
  type ErrorReport,
  type UndoFailure,
  maskError,
  notPermitted,
  runUndo,
} from '../guards/index.ts'
import type { Undoable, UndoRequest } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'
import type { EngineOptions } from './options.ts'

/** What the server has beyond the time of a handler to say how it ended. */
const graceMs = 30_000

/** Takes one call back on this node. It begins at most once; the log says who began it. */
export class ServerUndo {
  readonly #conversation: Conversation
  readonly #options: EngineOptions
  readonly #request: UndoRequest
  readonly #controller = new AbortController()

  constructor(conversation: Conversation, request: UndoRequest, options: EngineOptions) {
    this.#conversation = conversation
    this.#request = request
    this.#options = options
  }

  abort(): void {
    this.#controller.abort()
  }

  async run(): Promise<void> {
    const { undoId, targets } = this.#request
    const { undoables } = this.#conversation.state
    const call = undoables.find(({ callId }) => callId === targets[0])
    if (!call) return
    const { callId: target, timeoutMs } = call
    const owner = this.#options.nodeId
    const closesInMs = timeoutMs + graceMs
    const begin = { type: 'undo-begin', undoId, target, owner, closesInMs } as const
    const { reply } = await this.#conversation.execute(begin)
    if (reply !== 'granted') return
    const failure = (await this.#refusal(call)) ?? (await this.#undo(call))
    await this.#conversation.execute({ type: 'undo-end', undoId, target, owner, ...failure })
  }

  async #refusal(call: Undoable): Promise<UndoFailure | null> {
    const { tools, permissions, world } = this.#options
    const { toolName, toolHash } = call
    const tool = tools.has(toolName) ? tools.get(toolName) : null
    // What another definition gave may be no receipt of this one.
    if (!tool?.undo || (toolHash !== undefined && tool.descriptor.hash !== toolHash))
      return { errorCode: 'stale-tool', errorText: `"${toolName}" is gone, or another one by now.` }
    const options = { world, onError: (report: ErrorReport) => this.#report(report) }
    try {
      const refused = await notPermitted(tool, this.#request.principal ?? null, permissions)
      return refused && { errorCode: 'not-permitted', errorText: refused.errorText ?? '' }
    } catch (error) {
      const { errorText = '' } = maskError(error, call, options)
      return { errorCode: 'handler-error', errorText }
    }
  }

  async #undo(call: Undoable): Promise<UndoFailure | null> {
    const { tools, world, context, credentials: provider } = this.#options
    const { toolName, toolCallId, callId: key, input } = call
    const { principal = null } = this.#request
    const credentials = new CallCredentials({ provider, principal, toolName, world })
    return runUndo(tools.get(toolName), call, {
      world,
      signal: this.#controller.signal,
      cancelGraceMs: 0,
      onError: (report) =>
        this.#report({ ...report, error: credentials.hideInError(report.error) }),
      context: {
        toolCallId,
        key,
        input,
        principal,
        context,
        credential: (name, options) => credentials.get(name, options),
      },
    })
  }

  #report(report: ErrorReport): void {
    this.#options.onError?.({ ...report, conversationId: this.#conversation.id })
  }
}
