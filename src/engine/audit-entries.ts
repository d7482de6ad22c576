import { asJson, canonicalJson, isObject } from '../base/index.ts'
import { type Redact, hidesInput } from '../guards/index.ts'
import type { AuditChange, AuditEntry } from '../ports/index.ts'
import type { ConversationEvent, EventOf } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import { type Call, type ConversationState, findCall, scopeOf } from '../turn/index.ts'

/** What entries are made with. */
export interface EntryOptions {
  readonly conversationId: string
  readonly redact: Redact
  /** The definition by which a call is judged. */
  readonly toolOf: (call: Call) => AnyTool | null
}

/** What the audit says of one event, in the state right behind it; nothing of leases and steps. */
export function entriesOf(
  event: ConversationEvent,
  state: ConversationState,
  options: EntryOptions,
): readonly AuditEntry[] {
  if (event.type === 'catalog-changed') return refusedTools(event, state, options)
  if (event.type === 'consent-given' || event.type === 'consent-withdrawn')
    return [
      {
        ...placeOf(event, state, options),
        type: 'consent',
        principalId: state.ownerId,
        toolName: event.toolName,
        approved: event.type === 'consent-given',
      },
    ]
  if (event.type === 'undo-finished') return undoEntries(event, state, options)
  const callId = event.type === 'call-created' ? event.call.callId : callIdOf(event)
  const call = callId === null ? undefined : findCall(state, callId)
  const said = call && saidOf(event, call, options)
  if (!call || !said || !('at' in event)) return []
  return [{ ...placeOf(event, state, options), ...factsOf(call, state), ...said }]
}

function callIdOf(event: ConversationEvent): string | null {
  return 'callId' in event ? event.callId : null
}

function placeOf(
  { at }: { readonly at: number },
  { version }: ConversationState,
  { conversationId }: EntryOptions,
): Pick<AuditEntry, 'at' | 'conversationId' | 'event'> {
  return { at, conversationId, event: version }
}

/** What is the same in every entry about a call. */
export function factsOf(
  call: Call,
  state: ConversationState,
): Omit<AuditEntry, 'type' | 'at' | 'conversationId'> {
  const { turnId, callId, undoOf, toolCallId, toolName, toolHash, executor } = call
  const undoId = undoOf === undefined ? undefined : state.undoQueue[0]?.undoId
  return {
    turnId,
    callId: undoOf ?? callId,
    ...(undoId !== undefined && { undoId }),
    toolCallId,
    toolName,
    ...(toolHash !== undefined && { toolHash }),
    principalId: scopeOf(state, call)?.principal?.id ?? null,
    executor,
  }
}

function refusedTools(
  event: EventOf<'catalog-changed'>,
  state: ConversationState,
  options: EntryOptions,
): readonly AuditEntry[] {
  return (event.refused ?? []).map(({ name, why }) => ({
    ...placeOf(event, state, options),
    type: 'refusal',
    principalId: state.ownerId,
    toolName: name,
    reason: String(options.redact(why)),
    by: event.clientId,
  }))
}

function undoEntries(
  event: EventOf<'undo-finished'>,
  state: ConversationState,
  options: EntryOptions,
): readonly AuditEntry[] {
  const call = state.undoables.find(({ callId }) => callId === event.target)
  if (!call) return []
  const { turnId, callId, toolCallId, toolName, toolHash, executor } = call
  const { undoId, errorCode, errorText } = event
  return [
    {
      ...placeOf(event, state, options),
      type: 'undo',
      undoId,
      turnId,
      callId,
      toolCallId,
      toolName,
      ...(toolHash !== undefined && { toolHash }),
      principalId: state.ownerId,
      executor,
      ...(errorCode !== undefined && { code: errorCode }),
      ...(errorText !== undefined && { reason: String(options.redact(errorText)) }),
    },
  ]
}

type Said = Pick<AuditEntry, 'type'> & Partial<AuditEntry>

function saidOf(event: ConversationEvent, call: Call, options: EntryOptions): Said | null {
  switch (event.type) {
    case 'call-created':
      return { type: 'asked', ...inputOf(call, options) }
    case 'call-approval-requested':
      return { type: 'question' }
    case 'call-decided': {
      const { approved, by, reason } = event
      const why = reason === undefined ? {} : { reason: String(options.redact(reason)) }
      return { type: 'decision', approved, by, ...why }
    }
    case 'call-edited':
      return { type: 'decision', approved: true, ...inputOf(call, options) }
    case 'call-granted':
      return { type: 'attempt', attempt: event.attempt, by: event.holder }
    case 'call-cancel-requested':
      return { type: 'cancel' }
    case 'call-settled':
      // Of a call that takes another back, what it says of that one follows.
      return call.undoOf === undefined ? endOf(event, call, options) : null
    default:
      return null
  }
}

function inputOf(
  call: Call,
  { redact, toolOf }: EntryOptions,
): Pick<AuditEntry, 'input' | 'argsHash'> {
  const { input, argsHash } = call
  // What is no JSON has no fields that could be taken out of it.
  if (input === undefined) return {}
  const shown = asJson(redact(input, toolOf(call)?.descriptor.inputSchema))
  const isWhole = canonicalJson(shown) === canonicalJson(asJson(input))
  return { input: shown, ...(isWhole && { argsHash }) }
}

const refusals = ['denied', 'input-invalid', 'output-error']

function endOf(event: EventOf<'call-settled'>, call: Call, options: EntryOptions): Said {
  const { state, errorCode, errorText } = event
  const { startedAt } = call.timings
  const change = changeOf(event, call, options)
  return {
    type: startedAt === undefined && refusals.includes(state) ? 'refusal' : 'outcome',
    state,
    ...(errorCode !== undefined && { code: errorCode }),
    // It may quote what the model wrote; the code says what was wrong with it.
    ...(errorText !== undefined &&
      !(state === 'input-invalid' && hidesInput(options.toolOf(call))) && {
        reason: String(options.redact(errorText)),
      }),
    timings: call.timings,
    ...(startedAt !== undefined && { durationMs: event.at - startedAt }),
    ...(change && { change }),
  }
}

function changeOf(
  { output }: EventOf<'call-settled'>,
  call: Call,
  { redact, toolOf }: EntryOptions,
): AuditChange | null {
  const tool = toolOf(call)
  if (output === undefined || tool?.readOnly) return null
  const shown = asJson(redact(output, tool?.descriptor.outputSchema))
  const { before, after } = isObject(shown) ? shown : {}
  const change = {
    ...(tool?.undo && { receipt: shown }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  }
  return Object.keys(change).length > 0 ? change : null
}
