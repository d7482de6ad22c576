import type { World } from '../base/index.ts'
import type { ClientGrants, Conversation } from '../engine/index.ts'
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
  readonly grants: ClientGrants
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
  if (command.type === 'claim' && reply === 'granted')
    return {
      k: 'r',
      c: commandKey(command),
      st: (await isRefused(conversation, command, context)) ? 'closed' : reply,
    }
  // Progress counts only from who holds the call.
  if (command.type === 'beat' && (reply === 'granted' || reply === 'cancel'))
    show(conversation, command)
  return { k: 'r', c: commandKey(command), st: reply, ...(why !== undefined && { why }) }
}

/** Whether a guard refused a call that was just granted, which settles it before its client may begin. */
async function isRefused(
  conversation: Conversation,
  { callId, attempt }: Extract<ClientCommand, { type: 'claim' }>,
  context: CommandContext,
): Promise<boolean> {
  const { grants, sender: from } = context
  const refusal = await grants.refusalOf(conversation, callId)
  const call = findCall(conversation.state, callId)
  if (!refusal || !call) return refusal !== null
  const { argsHash } = call
  const outcome = await viewed(call, refusal, context)
  await conversation.execute({ type: 'result', callId, attempt, argsHash, from, ...outcome })
  return true
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
      const { type, callId, attempt, argsHash, holder } = command
      const outcome = await checkResult(conversation, command, context)
      const named = holder === undefined ? {} : { holder }
      return { type, callId, attempt, argsHash, ...named, ...outcome, from }
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

/** A client's result is input like any other: checked here against the server's own definition, and guarded. */
async function checkResult(
  conversation: Conversation,
  command: ResultCommand,
  context: CommandContext,
): Promise<CallOutcome> {
  const { grants, sender, tools } = context
  const { callId, attempt, holder = sender.clientId } = command
  const call = findCall(conversation.state, callId)
  const said = outcomeOf(command)
  if (!call || !tools.has(call.toolName)) return said
  const checked = await checkSaid(call, said, context)
  // Only who holds the call ends it.
  const { phase } = call
  const isHolder = phase.state === 'executing' && phase.holder === holder
  const outcome = isHolder ? await grants.finish(callId, attempt, checked) : checked
  return viewed(call, outcome, context)
}

async function checkSaid(
  { toolName }: Call,
  said: CallOutcome,
  { tools }: CommandContext,
): Promise<CallOutcome> {
  if (said.output === undefined) return said
  const checked = await checkOutput(tools.get(toolName), said.output)
  return checked.state === 'output-available' ? said : checked
}

/** What a client says of a call; what the model sees of an output is never the client's to say. */
function outcomeOf({
  state,
  output,
  errorCode,
  errorText,
  errorForUser,
}: CallOutcome): CallOutcome {
  return {
    state,
    ...(output !== undefined && { output }),
    ...(errorCode !== undefined && { errorCode }),
    ...(errorText !== undefined && { errorText: errorText.slice(0, maxErrorChars) }),
    ...(errorForUser !== undefined && { errorForUser: errorForUser.slice(0, maxErrorChars) }),
  }
}

function viewed(
  { toolName, toolCallId }: Call,
  outcome: CallOutcome,
  { tools, principal, world, onError, grants }: CommandContext,
): Promise<CallOutcome> {
  const { maxModelOutputChars } = grants
  const context = { toolCallId, principal, world, onError, maxModelOutputChars }
  return withModelView(tools.get(toolName), outcome, context)
}
