import type {
  CallEvent,
  CallEventType,
  CallState,
  ConversationEvent,
  EventOf,
  EventType,
  Usage,
} from '../protocol/index.ts'
import { left, returned } from './catalogs.ts'
import { archiveTurn } from './messages.ts'
import {
  type Call,
  type ConversationState,
  type ExecutingPhase,
  type Turn,
  findCall,
} from './state.ts'
import { inRequest, undoFinished, undoRequested, undoStarted, withUndoable } from './undo.ts'

const onceSettled: readonly CallEventType[] = []

/** Which events a call takes in each state. What is not listed is illegal: refused, never applied. */
const legalCallEvents: Record<CallState, readonly CallEventType[]> = {
  'input-streaming': [],
  'input-available': ['call-repaired', 'call-approval-requested', 'call-queued', 'call-settled'],
  'approval-requested': ['call-decided', 'call-edited', 'call-queued', 'call-settled'],
  queued: ['call-queued', 'call-granted', 'call-settled'],
  executing: [
    'call-granted',
    'call-renewed',
    'call-suspected',
    'call-cancel-requested',
    'call-queued',
    'call-settled',
  ],
  'output-available': onceSettled,
  'output-error': onceSettled,
  denied: onceSettled,
  cancelled: onceSettled,
  'timed-out': onceSettled,
  'outcome-unknown': onceSettled,
  'input-invalid': onceSettled,
}

type Evolvers = {
  [T in EventType]: (state: ConversationState, event: EventOf<T>) => ConversationState
}

const evolvers: Evolvers = {
  'conversation-opened': (state, { ownerId, logId }) => ({ ...state, ownerId, logId }),
  'catalog-changed': (state, { type: _, clientId, ...catalog }) => ({
    ...state,
    catalogs: new Map(state.catalogs).set(clientId, catalog),
  }),
  'client-left': (state, { clientId }) => ({ ...state, catalogs: left(state.catalogs, clientId) }),
  'client-returned': (state, { clientId }) => ({
    ...state,
    catalogs: returned(state.catalogs, clientId),
  }),
  'consent-given': (state, { type: _, at: __, ...consent }) => ({
    ...state,
    consents: [...state.consents, consent],
  }),
  'consent-withdrawn': (state, { toolName }) => ({
    ...state,
    consents: state.consents.filter((consent) => consent.toolName !== toolName),
  }),
  'turn-queued': (state, { type: _, at: __, ...request }) => ({
    ...state,
    queue: [...state.queue, request],
  }),
  'turn-started': (state, { turnId, message, clientId, principal, policy }) => ({
    ...state,
    queue: state.queue.filter((request) => request.turnId !== turnId),
    turn: {
      turnId,
      clientId: clientId ?? null,
      principal: principal ?? null,
      policy,
      messages: [message],
      step: 0,
      running: null,
      calls: [],
      lastFinish: null,
      paused: false,
      tokens: 0,
      tokensBefore: state.tokens,
      stopRequested: false,
      repeats: 0,
      error: null,
    },
  }),
  'step-started': (state, { step, messageId, owner, leaseUntil }) =>
    inTurn(state, { step, running: { messageId, owner, leaseUntil } }),
  'step-renewed': (state, { leaseUntil }) =>
    state.turn?.running ? inTurn(state, { running: { ...state.turn.running, leaseUntil } }) : state,
  'step-finished': (state, { message, finishReason, usage, error, paused = false }) =>
    state.turn
      ? inTurn(spend(state, usage), {
          running: null,
          messages: [...state.turn.messages, message],
          lastFinish: finishReason,
          paused,
          tokens: state.turn.tokens + (usage.totalTokens ?? 0),
          error: error ?? null,
        })
      : state,
  'turn-stop-requested': (state) => inTurn(state, { stopRequested: true }),
  'turn-finished': (state, { turnId, reason, error }) => ({
    ...state,
    messages: state.messages.concat(archiveTurn(state.turn)),
    turn: null,
    lastTurn: { turnId, reason, ...(error && { error }) },
  }),
  'call-created': (state, { call, at }) =>
    state.turn
      ? inTurn(state, {
          calls: [
            ...state.turn.calls,
            {
              ...call,
              phase: { state: 'input-available' },
              timings: { createdAt: at },
              ...(call.consentId !== undefined && {
                approval: { approvalId: call.consentId, approved: true },
              }),
            },
          ],
        })
      : state,
  'call-repaired': (state, { type: _, callId, at: __, ...repair }) =>
    inCall(state, { callId }, { repairs: [...(findCall(state, callId)?.repairs ?? []), repair] }),
  'call-approval-requested': (state, event) =>
    inCall(state, event, {
      phase: {
        state: 'approval-requested',
        approvalId: event.approvalId,
        expiresAt: event.expiresAt,
      },
      approval: { approvalId: event.approvalId },
    }),
  'call-decided': (state, event) =>
    inCall(state, event, {
      approval: {
        approvalId: event.approvalId,
        approved: event.approved,
        ...(event.reason !== undefined && { reason: event.reason }),
        ...(event.keep && { keep: event.keep }),
      },
    }),
  // It may have to wait for other calls than before.
  'call-edited': (state, { callId, input, argsHash, conflictKeys }) => {
    const approval = findCall(state, callId)?.approval
    return inCall(
      state,
      { callId },
      {
        phase: { state: 'input-available' },
        input,
        argsHash,
        conflictKeys,
        ...(approval && { approval: { ...approval, isEdited: true } }),
      },
    )
  },
  'call-queued': (state, event) =>
    inCall(state, event, {
      phase: { state: 'queued', attempt: event.attempt, expiresAt: event.expiresAt },
      timings: { queuedAt: event.at },
    }),
  'call-granted': (state, event) =>
    inCall(state, event, {
      phase: {
        state: 'executing',
        attempt: event.attempt,
        holder: event.holder,
        epoch: event.epoch,
        leaseUntil: event.leaseUntil,
        closesAt: event.closesAt,
        suspectUntil: null,
        cancelUntil: null,
      },
      timings: { startedAt: event.at },
    }),
  'call-renewed': (state, { callId, leaseUntil, closesAt: anew = 0 }) =>
    inExecuting(state, callId, ({ suspectUntil, closesAt }) => ({
      leaseUntil,
      suspectUntil: null,
      // Who comes back after a silence gets the time to hand in what it has.
      closesAt: Math.max(closesAt, anew, suspectUntil === null ? 0 : leaseUntil),
    })),
  'call-suspected': (state, { callId, until }) =>
    inExecuting(state, callId, () => ({ suspectUntil: until })),
  'call-cancel-requested': (state, { callId, closesAt }) =>
    inExecuting(state, callId, () => ({ cancelUntil: closesAt })),
  'call-settled': (state, { type: _, callId, at, ...phase }) => {
    const next = withUndoable(
      inCall(state, { callId }, { phase, timings: { finishedAt: at } }),
      findCall(state, callId),
      { type: _, callId, at, ...phase },
    )
    return phase.errorCode === 'repeated-call' && next.turn
      ? inTurn(next, { repeats: next.turn.repeats + 1 })
      : next
  },
  'undo-requested': undoRequested,
  'undo-started': undoStarted,
  'undo-finished': undoFinished,
}

/**
 * The next state. Pure and total: an event that is not legal in `state` changes nothing but the version,
 * so a terminal call absorbs whatever comes late. Ask {@link isLegal} first to report such an event.
 */
export function evolve(state: ConversationState, event: ConversationEvent): ConversationState {
  const version = state.version + 1
  if (!isLegal(state, event)) return { ...state, version }
  // The table is keyed by the event's own type, which TypeScript cannot follow through the lookup.
  const step = evolvers[event.type] as (
    s: ConversationState,
    e: ConversationEvent,
  ) => ConversationState
  return { ...step(state, event), version }
}

type Legality = {
  [T in Exclude<EventType, CallEventType> | 'call-created']: (
    state: ConversationState,
    event: EventOf<T>,
  ) => boolean
}

/** When the events that are not a transition of one call may happen. */
const legal: Legality = {
  'conversation-opened': (state) => state.ownerId === null,
  'catalog-changed': () => true,
  // Clients do not see each other's catalogues, so whether there is one does not matter.
  'client-left': () => true,
  'client-returned': () => true,
  'consent-given': () => true,
  'consent-withdrawn': () => true,
  'turn-queued': () => true,
  'turn-started': (state) => state.turn === null,
  'step-started': ({ turn }, { turnId }) => turn?.turnId === turnId,
  'step-renewed': ({ turn }, { messageId }) => turn?.running?.messageId === messageId,
  'step-finished': ({ turn }, { message }) => turn?.running?.messageId === message.id,
  'turn-stop-requested': ({ turn }, { turnId }) => turn?.turnId === turnId,
  'turn-finished': ({ turn }, { turnId }) => turn?.turnId === turnId,
  'undo-requested': ({ undoables }, { targets }) =>
    targets.length > 0 &&
    targets.every((target) =>
      undoables.some(({ callId, state }) => callId === target && state === 'possible'),
    ),
  'undo-started': ({ undoQueue: [next] }, { undoId, target }) =>
    next?.undoId === undoId && next.targets[0] === target && next.call === null,
  'undo-finished': ({ undoQueue: [next] }, { undoId, target }) =>
    next?.undoId === undoId && next.targets[0] === target,
  'call-created': (state, { call }) =>
    state.turn !== null && findCall(state, call.callId) === undefined,
}

/** Whether this version knows events of this type; a newer end of the link may have others. */
export function isKnown({ type }: ConversationEvent): boolean {
  return Object.hasOwn(evolvers, type)
}

/** Whether `event` may happen in `state`. An event that this version does not know never may. */
export function isLegal(state: ConversationState, event: ConversationEvent): boolean {
  if (isTransition(event)) {
    const call = findCall(state, event.callId)
    return call !== undefined && legalCallEvents[call.phase.state].includes(event.type)
  }
  // As in evolve, the table is keyed by the event's own type; an unknown type has no row.
  const rule = legal[event.type] as
    | ((s: ConversationState, e: ConversationEvent) => boolean)
    | undefined
  return rule !== undefined && rule(state, event)
}

function isTransition(
  event: ConversationEvent,
): event is Exclude<CallEvent, { type: 'call-created' }> {
  return 'callId' in event
}

function spend(state: ConversationState, { totalTokens = 0 }: Usage): ConversationState {
  return { ...state, tokens: state.tokens + totalTokens }
}

function inTurn(state: ConversationState, change: Partial<Turn>): ConversationState {
  return state.turn ? { ...state, turn: { ...state.turn, ...change } } : state
}

function inCall(
  state: ConversationState,
  { callId }: { readonly callId: string },
  change: Partial<Call>,
): ConversationState {
  const changed = (call: Call): Call =>
    call.callId === callId
      ? { ...call, ...change, timings: { ...call.timings, ...change.timings } }
      : call
  const undo = state.undoQueue[0]?.call
  if (undo?.callId === callId) return inRequest(state, { call: changed(undo) })
  return state.turn ? inTurn(state, { calls: state.turn.calls.map(changed) }) : state
}

function inExecuting(
  state: ConversationState,
  callId: string,
  change: (phase: ExecutingPhase) => Partial<ExecutingPhase>,
): ConversationState {
  const phase = findCall(state, callId)?.phase
  return phase?.state === 'executing'
    ? inCall(state, { callId }, { phase: { ...phase, ...change(phase) } })
    : state
}
