import type { Command, EventOf, NewCall, ReplyStatus, StepCommit } from '../protocol/index.ts'
import type { Draft } from './draft.ts'
import { knowsMessage } from './messages.ts'
import { repeatedPeriod } from './repeat.ts'
import { settleStale } from './stale.ts'
import { type ClientCatalog, type Turn, isSettled } from './state.ts'
import { cancelCall, settle } from './transitions.ts'
import { beginUndo, requestUndo } from './undo-commands.ts'

export type TurnCommand = Exclude<Command, { type: 'tick' } | { callId: string }>

type Handlers = {
  [T in TurnCommand['type']]: (
    draft: Draft,
    command: Extract<TurnCommand, { type: T }>,
  ) => ReplyStatus
}

/** Commands that concern the conversation or its turn as a whole. */
export const turnCommands: Handlers = {
  open(draft, { ownerId, logId }) {
    const owner = draft.state.ownerId
    if (owner === null) draft.emit({ type: 'conversation-opened', ownerId, logId, at: draft.now })
    return owner === null || owner === ownerId ? 'accepted' : 'denied'
  },

  start(draft, { type: _, ...request }) {
    if (knows(draft, request.turnId, request.message.id)) return 'accepted'
    const busy = draft.state.turn !== null
    draft.emit({ type: busy ? 'turn-queued' : 'turn-started', ...request, at: draft.now })
    return 'accepted'
  },

  // A server turns what a person sends into `start`, adding what only the server may set.
  send: (draft) => draft.refuse('denied', 'A message starts a turn through "start".'),

  sync(draft, command) {
    const { from, tools, hash, version = 0 } = command
    const known = draft.state.catalogs.get(from.clientId)
    if (known && isOlder({ epoch: from.epoch, version }, known)) return 'superseded'
    const isSame = known?.hash === hash && describesSame(known, command)
    if (tools && !(isSame && sameTools(known, command)))
      draft.emit({ type: 'catalog-changed', ...catalogOf(command), tools, at: draft.now })
    else if (!isSame) return draft.refuse('gone', 'No such catalogue is known: send all of it.')
    else if (known.isAway)
      draft.emit({ type: 'client-returned', clientId: from.clientId, at: draft.now })
    settleStale(draft)
    return 'accepted'
  },

  leave(draft, { clientId }) {
    const known = draft.state.catalogs.get(clientId)
    if (known && !known.isAway) draft.emit({ type: 'client-left', clientId, at: draft.now })
    return 'accepted'
  },

  return(draft, { clientId }) {
    if (draft.state.catalogs.get(clientId)?.isAway)
      draft.emit({ type: 'client-returned', clientId, at: draft.now })
    return 'accepted'
  },

  revoke(draft, { toolName }) {
    if (draft.state.consents.some((consent) => consent.toolName === toolName))
      draft.emit({ type: 'consent-withdrawn', toolName, at: draft.now })
    return 'accepted'
  },

  undo: requestUndo,
  'undo-begin': beginUndo,

  stop(draft, { turnId }) {
    const turn = runningTurn(draft, turnId)
    if (!turn) return 'gone'
    if (!turn.stopRequested) draft.emit({ type: 'turn-stop-requested', turnId, at: draft.now })
    for (const call of turn.calls) if (!isSettled(call)) cancelCall(draft, call)
    return 'accepted'
  },

  'step-begin'(draft, { turnId, step, messageId, owner }) {
    const turn = runningTurn(draft, turnId)
    if (!turn) return 'gone'
    if (turn.running?.messageId === messageId) return 'granted'
    // A step is begun again only when the owner of the first try is taken for dead.
    const due = turn.running ? turn.step : turn.step + 1
    if (step !== due || !turn.calls.every(isSettled) || turn.stopRequested) return 'lost'
    if (turn.running && turn.running.leaseUntil > draft.now) return 'held'
    const leaseUntil = draft.now + turn.policy.leaseMs
    draft.emit({
      type: 'step-started',
      turnId,
      step,
      messageId,
      owner,
      leaseUntil,
      at: draft.now,
    })
    return 'granted'
  },

  'step-renew'(draft, { turnId, messageId }) {
    const turn = runningTurn(draft, turnId)
    if (turn?.running?.messageId !== messageId) return 'lost'
    const leaseUntil = draft.now + turn.policy.leaseMs
    draft.emit({ type: 'step-renewed', turnId, messageId, leaseUntil })
    return turn.stopRequested ? 'cancel' : 'granted'
  },

  'step-commit'(draft, command) {
    const turn = runningTurn(draft, command.turnId)
    if (turn?.running?.messageId !== command.messageId) return 'lost'
    draft.emit({
      type: 'step-finished',
      turnId: turn.turnId,
      step: turn.step,
      message: {
        id: command.messageId,
        role: 'assistant',
        parts: command.parts,
        metadata: { ...command.metadata, createdAt: draft.now, usage: command.usage },
      },
      finishReason: command.finishReason,
      usage: command.usage,
      ...(command.error && { error: command.error }),
      ...(command.paused && { paused: true }),
      at: draft.now,
    })
    for (const call of command.calls) create(draft, call, command)
    settleStale(draft)
    return 'accepted'
  },

  'turn-end'(draft, { turnId, reason, error }) {
    const turn = runningTurn(draft, turnId)
    if (!turn) return 'gone'
    for (const call of turn.calls) if (!isSettled(call)) return 'lost'
    draft.emit({ type: 'turn-finished', turnId, reason, ...(error && { error }), at: draft.now })
    return 'accepted'
  },
}

type Sync = Extract<TurnCommand, { type: 'sync' }>
type CatalogEvent = EventOf<'catalog-changed'>

/** Commands of different ways may overtake each other; a catalogue never goes back. */
function isOlder(now: { epoch: number; version: number }, known: ClientCatalog): boolean {
  const { epoch = 0, version = 0 } = known
  return now.epoch < epoch || (now.epoch === epoch && now.version < version)
}

function describesSame(known: ClientCatalog, { name, capabilities }: Sync): boolean {
  const has = known.capabilities ?? []
  return known.name === name && has.join() === (capabilities ?? []).join()
}

/** What the server made of the same catalogue may be another thing by now. */
function sameTools(known: ClientCatalog, { tools, refused }: Sync): boolean {
  return (
    JSON.stringify([known.tools, known.refused ?? []]) === JSON.stringify([tools, refused ?? []])
  )
}

function catalogOf({
  from,
  hash,
  version,
  name,
  capabilities,
  refused,
}: Sync): Omit<CatalogEvent, 'type' | 'tools' | 'at'> {
  return {
    clientId: from.clientId,
    epoch: from.epoch,
    hash,
    ...(version !== undefined && { version }),
    ...(name !== undefined && { name }),
    ...(capabilities && capabilities.length > 0 && { capabilities }),
    ...(refused && refused.length > 0 && { refused }),
  }
}

function runningTurn(draft: Draft, turnId: string): Turn | null {
  const { turn } = draft.state
  return turn?.turnId === turnId ? turn : null
}

function knows({ state }: Draft, turnId: string, messageId: string): boolean {
  return (
    state.turn?.turnId === turnId ||
    state.queue.some((request) => request.turnId === turnId) ||
    knowsMessage(state, messageId)
  )
}

/** Makes a call visible, within the commit of its message, and settles it where it is not to be run. */
function create(draft: Draft, call: NewCall, { turnId, finishReason }: StepCommit): void {
  const { settled, repairs = [], ...spec } = call
  const { turn, now } = draft
  if (!turn) return
  draft.emit({ type: 'call-created', call: { ...spec, turnId, step: turn.step }, at: now })
  for (const repair of repairs)
    draft.emit({ type: 'call-repaired', callId: call.callId, ...repair, at: now })
  const refusal = settled ?? refuse(draft, finishReason)
  if (refusal) settle(draft, call, refusal)
}

/** Why a call that the model asked for is not run, whatever it asks for. The call itself is the last of the turn. */
function refuse(draft: Draft, finishReason: StepCommit['finishReason']): NewCall['settled'] {
  const { turn } = draft
  if (!turn) return undefined
  if (turn.stopRequested)
    return { state: 'cancelled', errorCode: 'cancelled', errorText: 'The user stopped the turn.' }
  if (finishReason === 'error' || finishReason === 'content-filter')
    return {
      state: 'cancelled',
      errorCode: 'cancelled',
      errorText: 'Not run: the model answer that asked for it was cut off.',
    }
  if (turn.calls.length > turn.policy.maxCalls)
    return {
      state: 'output-error',
      errorCode: 'budget-exceeded',
      errorText: `Not run: a turn may make ${turn.policy.maxCalls} calls.`,
    }
  const signatures = turn.calls.map((call) => `${call.toolName} ${call.argsHash}`)
  const period = repeatedPeriod(signatures, turn.policy.maxRepeats)
  return period === 0
    ? undefined
    : {
        state: 'output-error',
        errorCode: 'repeated-call',
        errorText:
          `Not run: the same ${period === 1 ? 'call' : `cycle of ${period} calls`} was made ` +
          `${turn.policy.maxRepeats} times before, with the same input. Do something else, or answer.`,
      }
}
