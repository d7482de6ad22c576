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
    from: 'const grant = await this.#claim(call, work, n)',
    to: 'this.#claim(call, work, n).catch(() => {})\n      const grant = { n, sentAt: this.#options.world.monotonic() }',
  },
  {
    // Asked twice: before the claim, and in the same step as the line is written.
    rule: 'the journal says whether a call has begun',
    file: 'src/client/executor.ts',
    from: 'if (noBegin && (await place.hasBegun(callId, attempt))) return',
    to: '',
    and: {
      file: 'src/client/storage-ledger.ts',
      from: 'return isFirst\n',
      to: 'return true\n',
    },
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
    from: "if (frame.k === 'r') {",
    to: "silence.broken()\n      if (frame.k === 'r') {",
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
    from: "if (call.phase.state !== 'executing') return settle(draft, call, cancelled)",
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
    from: 'const { st } = await request(result)',
    to: "const { st } = await Promise.race([request(result), { st: 'accepted' as const }])",
  },
  {
    rule: 'a call that may have run does not run again',
    file: 'src/turn/transitions.ts',
    from: "if (call.effect === 'once' || phase.cancelUntil !== null)",
    to: 'if (phase.cancelUntil !== null)',
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
    from: 'if (!(await place.begin(entry))) return null\n',
    to: 'void place.begin(entry)\n',
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
    file: 'src/turn/may-begin.ts',
    from: 'return sinceClaimMs <= 0.8 * leaseMs',
    to: 'return sinceClaimMs <= Infinity * leaseMs',
  },
  {
    // By the node that looks for what is due, and by the core when it begins.
    rule: 'the model is asked when every call has its result',
    file: 'src/turn/turn-commands.ts',
    from: "if (step !== due || !turn.calls.every(isSettled) || turn.stopRequested) return 'lost'",
    to: "if (step !== due || turn.stopRequested) return 'lost'",
    and: {
      file: 'src/turn/continuation.ts',
      from: "if (turn.running || !turn.calls.every(isSettled)) return 'wait'",
      to: "if (turn.running) return 'wait'",
    },
  },
  {
    rule: 'a repeated claim renews the lease',
    file: 'src/turn/call-commands.ts',
    from: 'if (phase.epoch === from.epoch) return renew(draft, call, { phase, isToBegin: true })',
    to: "if (phase.epoch === from.epoch) return phase.cancelUntil === null ? 'granted' : 'cancel'",
  },
  {
    rule: 'the outcome of a cancelled handler is journaled too',
    file: 'src/client/executor.ts',
    from: 'await place\n      .end(call.callId, work.attempt, outcome)',
    to: "await (outcome.state === 'cancelled' ? Promise.resolve() : place.end(call.callId, work.attempt, outcome))",
  },
  {
    rule: 'nothing is shown before it is stored',
    file: 'src/engine/conversation.ts',
    from: 'const result = await this.#store.commit(',
    to: 'for (const listener of this.#commitListeners) listener(decision.events, this.#state.version + 1)\n      const result = await this.#store.commit(',
  },
  {
    rule: 'what a cache refuses is asked of the store',
    file: 'src/engine/conversation.ts',
    from: 'if (isCurrent) return decision',
    to: 'return decision',
  },
  {
    rule: 'a journal forgets the attempt that is over, and no later one',
    file: 'src/client/storage-ledger.ts',
    from: '(entry?.attempt === attempt ? undefined : entry)',
    to: '(entry && undefined)',
  },
  {
    rule: 'a conversation is its owner’s alone',
    file: 'src/server/link.ts',
    from: "if (reply === 'denied') return this.end('not-found')",
    to: '',
  },
  {
    rule: 'a reader that does not read is waited for',
    file: 'src/server/outlet.ts',
    from: 'await this.#connection.send(next.frame)',
    to: 'void this.#connection.send(next.frame).catch(() => {})',
  },
]
