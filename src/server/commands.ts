import { newErrorId } from '../base/index.ts'
import type { AuditTrail, Conversation } from '../engine/index.ts'
import { acceptTools, maskError, notPermitted } from '../guards/index.ts'
import {
  type CallOutcome,
  type ClientCommand,
  type Command,
  type DecideCommand,
  type Message,
  type RefusedTool,
  type ReplyStatus,
  type ServerFrame,
  type SyncCommand,
  type TurnPolicy,
  type UserMessage,
  commandKey,
} from '../protocol/index.ts'
import { type Call, findCall } from '../turn/index.ts'
import { type ResultContext, checkResult, toolOf, viewed } from './client-result.ts'
import { type Decision, type Refusal, checkDecision } from './decision.ts'

export interface CommandContext extends ResultContext {
  readonly policy: TurnPolicy
  readonly audit: AuditTrail | null
}

/** Carries out what a client asks, and answers once that is stored. */
export async function handleCommand(
  conversation: Conversation,
  command: ClientCommand,
  context: CommandContext,
): Promise<ReplyFrame> {
  const frame = await carriedOut(conversation, command, context)
  const { audit, sender, principal } = context
  audit?.answered(conversation, { command, reply: frame.st, why: frame.why, sender, principal })
  return frame
}

type ReplyFrame = Extract<ServerFrame, { k: 'r' }>

async function carriedOut(
  conversation: Conversation,
  command: ClientCommand,
  context: CommandContext,
): Promise<ReplyFrame> {
  const meant = await asServerCommand(conversation, command, context)
  if ('refusal' in meant)
    return { k: 'r', c: commandKey(command), st: 'denied', why: meant.refusal }
  const { reply, why } = await conversation.execute(meant)
  await follow(conversation, { command, reply }, context)
  const refused = meant.type === 'sync' && reply === 'accepted' ? (meant.refused ?? []) : []
  const st = await replyTo(conversation, { command, meant, reply }, context)
  const traceparent = st === 'granted' ? traceOf(command, context) : undefined
  return {
    k: 'r',
    c: commandKey(command),
    st,
    ...(traceparent !== undefined && { traceparent }),
    ...(why !== undefined && { why }),
    ...(refused.length > 0 && { refused }),
  }
}

interface Carried {
  readonly command: ClientCommand
  readonly meant: Command
  readonly reply: ReplyStatus
}

async function replyTo(
  conversation: Conversation,
  { command, meant, reply }: Carried,
  context: CommandContext,
): Promise<ReplyStatus> {
  // A claim of a call that is refused here is not granted, whatever became of the call.
  if (meant.type === 'refuse') return 'denied'
  const isGrant = command.type === 'claim' && reply === 'granted'
  return isGrant && (await isRefused(conversation, command, context)) ? 'closed' : reply
}

/** Where a client goes on with the trace of what it was granted. */
function traceOf(command: ClientCommand, { grants }: CommandContext): string | undefined {
  return command.type === 'claim' ? grants.traceparent(command.callId, command.attempt) : undefined
}

/** What a command leads to beside the log. */
async function follow(
  conversation: Conversation,
  { command, reply }: Pick<Carried, 'command' | 'reply'>,
  context: CommandContext,
): Promise<void> {
  if (command.type === 'decide' && reply === 'accepted')
    await keepAlways(conversation, command, context)
  if (command.type === 'revoke')
    await context.trust.approvals.standing?.remove(context.principal.id, command.toolName)
  // Progress counts only from who holds the call.
  if (command.type === 'beat' && (reply === 'granted' || reply === 'cancel'))
    show(conversation, command)
}

/** The call as it stands, also where this node has not heard of it yet. */
async function callOf(conversation: Conversation, callId: string): Promise<Call | undefined> {
  if (!findCall(conversation.state, callId)) await conversation.refresh()
  return findCall(conversation.state, callId)
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
): Promise<Command | Refusal> {
  const { sender: from, principal, policy, world } = context
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
      return { ...(await accepted(conversation, command, context)), from }
    case 'undo':
      return { ...command, principal, policy, from }
    case 'claim': {
      const refusal = await claimRefusal(conversation, command.callId, context)
      if (!refusal) return { ...command, from }
      return { type: 'refuse', callId: command.callId, outcome: refusal }
    }
    case 'decide': {
      const checked = await decided(conversation, command, context)
      return 'refusal' in checked ? checked : { ...checked, from }
    }
    case 'result': {
      const { type, callId, attempt, argsHash, holder } = command
      const outcome = await checkResult(command, await callOf(conversation, callId), context)
      const named = holder === undefined ? {} : { holder }
      return { type, callId, attempt, argsHash, ...named, ...outcome, from }
    }
    default:
      return { ...command, from }
  }
}

/**
 * A catalogue with what is taken of it. One that is told by its hash alone is known as far as all of it was
 * taken, and still is; else the client is asked for all of it.
 */
async function accepted(
  { state }: Conversation,
  command: SyncCommand,
  { tools, trust, principal, sender, world, onError }: CommandContext,
): Promise<SyncCommand & { readonly refused?: readonly RefusedTool[] }> {
  const { capabilities = [] } = command
  const known = state.catalogs.get(sender.clientId)
  const options = {
    tools,
    declared: trust.declared,
    acceptTool: trust.acceptTool,
    limits: trust.acceptLimits,
    principal,
    capabilities,
    world,
    onError,
  }
  if (command.tools) return { ...command, ...(await acceptTools(command.tools, options)) }
  if (!known || known.hash !== command.hash) return command
  const again = await acceptTools(known.tools, options)
  const isSame =
    (known.refused ?? []).length === 0 &&
    JSON.stringify(again.tools) === JSON.stringify(known.tools)
  return isSame ? command : { ...command, hash: `${command.hash} as it was` }
}

async function decided(
  conversation: Conversation,
  command: DecideCommand,
  { tools, trust, principal }: CommandContext,
): Promise<Decision | Refusal> {
  const call = await callOf(conversation, command.callId)
  if (!call) return command
  const { approvals } = trust
  return checkDecision(call, command, { tool: toolOf(call, tools, trust), principal, approvals })
}

/** Keeps what was allowed for always, once the log has it. A place to keep it that fails takes nothing from the call. */
async function keepAlways(
  { state }: Conversation,
  { callId, approvalId }: DecideCommand,
  { trust, principal, tools, world, onError }: CommandContext,
): Promise<void> {
  const call = findCall(state, callId)
  const { approvals } = trust
  if (call?.approval?.approvalId !== approvalId || call.approval.keep !== 'always') return
  const { toolName, input, toolHash = toolOf(call, tools, trust)?.descriptor.hash } = call
  try {
    await approvals.standing?.add(principal.id, {
      consentId: approvalId,
      toolName,
      ...(toolHash !== undefined && { toolHash }),
      scope: approvals.scope?.({ principal, toolName, input }) ?? '',
    })
  } catch (error) {
    onError({ errorId: newErrorId(world), error, toolName })
  }
}

/** Rights are asked for again where a call begins: they may have changed since the model asked. */
async function claimRefusal(
  conversation: Conversation,
  callId: string,
  { tools, trust, principal, world, onError }: CommandContext,
): Promise<CallOutcome | null> {
  const call = await callOf(conversation, callId)
  const tool = call?.phase.state === 'queued' ? toolOf(call, tools, trust) : null
  if (!call || !tool) return null
  try {
    return await notPermitted(tool, principal, trust.permissions)
  } catch (error) {
    return maskError(error, call, { world, onError })
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
