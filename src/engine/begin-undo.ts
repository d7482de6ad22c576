import { maskError, notPermitted } from '../guards/index.ts'
import type { CallOutcome } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import { type ConversationState, type UndoRequest, type Undoable, toolFor } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'
import type { EngineOptions } from './options.ts'

interface Prepared {
  readonly approvalId?: string
  readonly settled?: CallOutcome
}

/** Makes the call that takes the next one back: with the question to a person, or with why it is not to run. */
export async function beginUndo(
  conversation: Conversation,
  request: UndoRequest,
  options: EngineOptions,
): Promise<void> {
  const { undoId, targets, principal = null } = request
  const taken = conversation.state.undoables.find(({ callId }) => callId === targets[0])
  if (!taken) return
  const tool = options.toolOf(taken)
  const { world, onError } = options
  let prepared: Prepared
  try {
    prepared = isGone(tool, taken)
      ? { settled: stale(taken) }
      : await prepare(tool, taken, { ...options, principal, state: conversation.state })
  } catch (error) {
    const report = (info: object): void =>
      onError?.({ errorId: '', error, ...info, conversationId: conversation.id })
    prepared = { settled: maskError(error, taken, { world, onError: report }) }
  }
  const id = world.randomId()
  const begin = { type: 'undo-begin', undoId, target: taken.callId, id, ...prepared } as const
  await conversation.execute(begin)
}

/** What another definition gave may be no receipt of this one. */
function isGone(tool: AnyTool | null, taken: Undoable): tool is null {
  if (!tool) return true
  if (taken.executor === 'client') return false
  return !tool.undo || (taken.toolHash !== undefined && tool.descriptor.hash !== taken.toolHash)
}

function stale({ toolName }: Undoable): CallOutcome {
  const errorText = `"${toolName}" is gone, or another one by now. Undo it by hand.`
  return { state: 'output-error', errorCode: 'stale-tool', errorText }
}

interface PrepareOptions extends Pick<EngineOptions, 'permissions' | 'world'> {
  readonly principal: UndoRequest['principal'] | null
  readonly state: ConversationState
}

async function prepare(
  tool: AnyTool,
  taken: Undoable,
  { permissions, principal = null, state, world }: PrepareOptions,
): Promise<Prepared> {
  const settled = await notPermitted(tool, principal, permissions)
  if (settled) return { settled }
  const { undoApproval = isAskedAtClient(state, taken) } = tool
  const { toolCallId, output } = taken
  const isAsked =
    typeof undoApproval === 'function'
      ? await undoApproval(output, { toolCallId, principal })
      : undoApproval
  return isAsked ? { approvalId: world.randomId() } : {}
}

/** Where the server's definition says nothing of it, the client's word counts. */
function isAskedAtClient({ catalogs }: ConversationState, taken: Undoable): boolean {
  if (taken.executor !== 'client') return false
  const wanted = { ...taken, undoOf: taken.callId }
  return [...catalogs.values()].some((catalog) => toolFor(catalog, wanted)?.undoApproval === true)
}
