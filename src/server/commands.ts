import type { World } from '../base/index.ts'
import type { Conversation } from '../engine/index.ts'
import { type ErrorReport, checkOutput, withModelView } from '../guards/index.ts'
import {
  type CallOutcome,
  type ClientCommand,
  type Command,
  type Message,
  type Principal,
  type ResultCommand,
  type Sender,
  type ServerFrame,
  type TurnPolicy,
  type UserMessage,
  commandKey,
} from '../protocol/index.ts'
import type { ToolRegistry } from '../tools/index.ts'
import { type Call, findCall } from '../turn/index.ts'

export interface CommandContext {
  readonly sender: Sender
  readonly principal: Principal
  readonly policy: TurnPolicy
  readonly tools: ToolRegistry
  readonly world: World
  readonly onError: (report: ErrorReport) => void
}

/** Error texts of clients reach the model, so they are kept short. */
const maxErrorChars = 2_000

/** Carries out what a client asks, and answers once that is stored. */
export async function handleCommand(
  conversation: Conversation,
  command: ClientCommand,
  context: CommandContext,
): Promise<ServerFrame> {
  const { reply, why } = await conversation.execute(
    await asServerCommand(conversation, command, context),
  )
  // Progress counts only from who holds the call.
  if (command.type === 'beat' && (reply === 'granted' || reply === 'cancel'))
    show(conversation, command)
  return { k: 'r', c: commandKey(command), st: reply, ...(why !== undefined && { why }) }
}

function show(
  conversation: Conversation,
  { callId, attempt, n, progress }: Extract<ClientCommand, { type: 'beat' }>,
): void {
  if (progress !== undefined)
    conversation.publish({ k: 'p', c: callId, a: attempt, n, x: progress })
}

/** The command as the server means it: what a client says is checked and completed, never taken over. */
async function asServerCommand(
  conversation: Conversation,
  command: ClientCommand,
  context: CommandContext,
): Promise<Command> {
  const { sender: from, principal, policy, tools, world } = context
  switch (command.type) {
    case 'send':
      return {
        type: 'start',
        turnId: command.turnId,
        message: userMessage(command.message, world.now()),
        clientId: from.clientId,
        principal,
        policy,
      }
    case 'sync':
      return { ...command, tools: command.tools.filter(({ name }) => tools.has(name)), from }
    case 'result': {
      const call = findCall(conversation.state, command.callId)
      const checked = call ? await checkResult(command, call, context) : {}
      return { ...command, ...checked, from }
    }
    default:
      return { ...command, from }
  }
}

/** A message in the user's name, made of exactly the fields that a user may set. */
export function userMessage({ id, parts }: UserMessage, createdAt: number): Message {
  return {
    id,
    role: 'user',
    parts: parts.map((part) =>
      part.type === 'text'
        ? { type: 'text', text: part.text }
        : {
            type: 'file',
            mediaType: part.mediaType,
            url: part.url,
            ...(part.filename !== undefined && { filename: part.filename }),
          },
    ),
    metadata: { createdAt },
  }
}

/** A client's result is input like any other: checked here against the server's own definition. */
async function checkResult(
  command: ResultCommand,
  { toolName, toolCallId }: Call,
  { tools, principal, world, onError }: CommandContext,
): Promise<Partial<CallOutcome>> {
  const tool = tools.has(toolName) ? tools.get(toolName) : null
  const errorText = command.errorText?.slice(0, maxErrorChars)
  const said = errorText === undefined ? {} : { errorText }
  if (!tool || command.output === undefined) return said
  const checked = await checkOutput(tool, command.output)
  if (checked.state !== 'output-available') return { ...checked, output: undefined }
  const { state, output } = command
  return withModelView(tool, { state, output, ...said }, { toolCallId, principal, world, onError })
}
