/** A rule of the protocol, and the edit of the source that takes it away. */
export interface Mutant extends Edit {
  readonly rule: string
  /** The other place that has to go, where a rule is kept twice. */
  readonly and?: Edit
}

export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Every rule here is load-bearing: without it the simulation has to find a violation. */
export const mutants: readonly Mutant[] = [
  {
    rule: 'nobody starts before a grant',
    file: 'src/client/executor.ts',
    from: 'if (!(await this.#claim(call, work))) return\n',
    to: 'this.#claim(call, work).catch(() => {})\n',
  },
  {
    rule: 'a begin is checked and set in the journal',
    file: 'src/client/storage-ledger.ts',
    from: 'if (isFirst) this.#begun.set(entry.callId, entry.attempt)\n    return isFirst',
    to: 'this.#begun.set(entry.callId, entry.attempt)\n    return true',
  },
  {
    rule: 'only the first result counts',
    file: 'src/turn/call-commands.ts',
    from: "if (isSettled(call)) return sameOutcome(call.phase, command) ? 'accepted' : 'superseded'",
    to: "if (isSettled(call)) {\n      settle(draft, call.callId, outcomeOf(command))\n      return 'accepted'\n    }",
  },
  {
    rule: 'a client resumes where it was',
    file: 'src/server/link.ts',
    from: 'this.#sent = from\n',
    to: 'this.#sent = version\n',
  },
  {
    rule: 'a call is granted to one client',
    file: 'src/turn/call-commands.ts',
    from: "if (!phase) return 'held'\n",
    to: "if (!phase) {\n    grant(draft, call, { attempt, from })\n    return 'granted'\n  }\n",
  },
  {
    rule: 'liveness is judged on the stream alone',
    file: 'src/client/link.ts',
    from: "if (frame.k === 'r') this.#answer(frame)",
    to: "silence.broken()\n      if (frame.k === 'r') this.#answer(frame)",
  },
  {
    rule: 'events are applied once and in order',
    file: 'src/session/log-position.ts',
    from: "if (seq <= version) return 'repeat'\n  return seq === version + 1 ? 'next' : 'gap'",
    to: "return seq > 0 ? 'next' : 'gap'",
  },
  {
    rule: 'a cancel before the grant is final',
    file: 'src/turn/transitions.ts',
    from: "if (call.phase.state !== 'executing') return settle(draft, call.callId, cancelled)",
    to: "if (call.phase.state !== 'executing') return",
  },
  {
    rule: 'tabs of one origin share one journal',
    file: 'src/client/storage-ledger.ts',
    from: 'return `call:${this.#options.conversationId}:${callId}`',
    to: 'return `call:${this.clientId}:${this.epoch}:${callId}`',
  },
  {
    rule: 'no two living tabs share an id',
    file: 'src/client/client-identity.ts',
    from: 'if (known !== null && held) return { clientId: known, release: held }',
    to: 'if (known !== null) return { clientId: known, release: held ?? (() => {}) }',
  },
  {
    rule: 'what a living tab runs is nobody else’s to settle',
    file: 'src/client/storage-ledger.ts',
    from: 'return release !== null\n',
    to: 'return true\n',
  },
  {
    rule: 'an outcome is journaled before it is sent',
    file: 'src/client/executor.ts',
    from: '.end(call.callId, work.attempt, outcome)',
    to: '.hasBegun(call.callId, work.attempt)',
  },
  {
    rule: 'a result is sent until it is answered',
    file: 'src/client/hand-in.ts',
    from: 'const reply = await request(result)',
    to: "const reply = await Promise.race([request(result), Promise.resolve('accepted' as const)])",
  },
  {
    rule: 'a call that may have run does not run again',
    file: 'src/turn/transitions.ts',
    from: "if (call.effect === 'once' || phase.cancelUntil !== null)",
    to: 'if (phase.cancelUntil !== null)',
  },
  {
    rule: '"not begun" is the journal’s word',
    file: 'src/client/executor.ts',
    from: 'if (noBegin && (await place.hasBegun(callId, attempt))) return',
    to: '',
  },
  {
    rule: 'a step is committed by its owner alone',
    file: 'src/turn/turn-commands.ts',
    from: "if (turn?.running?.messageId !== command.messageId) return 'lost'\n    draft.emit({\n      type: 'step-finished'",
    to: "if (!turn) return 'lost'\n    draft.emit({\n      type: 'step-finished'",
  },
  {
    rule: 'the journal is written before the effect',
    file: 'src/client/executor.ts',
    from: 'if (!(await place.begin({ ...entry, clientId: place.clientId }))) return null\n',
    to: 'void place.begin({ ...entry, clientId: place.clientId })\n',
  },
  {
    rule: 'attempt and holder are checked',
    file: 'src/turn/call-commands.ts',
    from: "const held = phase.state === 'executing' && phase.holder === clientId && phase.attempt === attempt\n  return held ? phase : null",
    to: "return phase.state === 'executing' ? phase : null",
  },
  {
    rule: 'nothing is acknowledged before it is stored',
    file: 'src/engine/conversation.ts',
    from: "if (result === 'committed') {",
    to: "if (result === 'committed' || result === 'unknown' || round > 0) {",
  },
  {
    rule: 'nothing is granted after a cancel',
    file: 'src/turn/call-commands.ts',
    from: "if (phase.cancelUntil !== null) return 'cancel'\n  grant(",
    to: 'grant(',
  },
  {
    rule: 'a cancelled call is not offered again',
    file: 'src/turn/transitions.ts',
    from: "if (call.effect === 'once' || phase.cancelUntil !== null)",
    to: "if (call.effect === 'once')",
  },
  {
    rule: 'a grant that came too late is claimed again',
    file: 'src/session/journal.ts',
    from: 'return sinceClaimMs <= 0.8 * leaseMs',
    to: 'return sinceClaimMs <= Infinity * leaseMs',
  },
  {
    rule: 'the model is asked when every call has its result',
    file: 'src/turn/turn-commands.ts',
    from: "if (step !== due || !turn.calls.every(isSettled) || turn.stopRequested) return 'lost'",
    to: "if (step !== due || turn.stopRequested) return 'lost'",
  },
]
