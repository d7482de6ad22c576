import { ToolwireError } from '../base/index.ts'
import type { Principal, TurnPolicy, UserMessage } from '../protocol/index.ts'
import { userMessage } from './commands.ts'
import type { Hub } from './hub.ts'
import { RunFollower } from './run.ts'

export interface RunOptions {
  /** Default: a new conversation; where the turn is named, that of the same name. */
  readonly conversationId?: string
  /**
   * Names the turn and its message, so that a program which was interrupted can ask again, in any process: the turn
   * is begun once, and every further run of it follows it to its end, or has its result at once where it is over. So
   * it is with a turn that a client began.
   */
  readonly turnId?: string
  readonly message: string | UserMessage['parts']
  /** On whose behalf. Default: `{ id: 'server' }`. */
  readonly principal?: Principal
}

interface RunContext {
  readonly hub: Hub
  readonly policy: TurnPolicy
  readonly check: (principal: Principal) => Promise<Principal>
}

/** Begins a turn, or finds the one of that name, and follows it. */
export function startRun(
  { conversationId, turnId: named, message, principal = { id: 'server' } }: RunOptions,
  { hub, policy, check }: RunContext,
): RunFollower {
  const { world } = hub
  const turnId = named ?? world.randomId()
  const parts = typeof message === 'string' ? [{ type: 'text', text: message } as const] : message
  // What a log knows for good is the id of the message.
  const sent = userMessage({ id: named ?? world.randomId(), parts }, world.now())
  const id = conversationId ?? named ?? world.randomId()
  const run = new RunFollower({ conversationId: id, turnId, messageId: sent.id })
  hub
    .use(id, async (conversation) => {
      const checked = await check(principal)
      const { reply } = await conversation.execute({
        type: 'open',
        ownerId: checked.id,
        logId: world.randomId(),
      })
      if (reply === 'denied')
        throw new ToolwireError('UNAUTHORIZED', `Conversation "${id}" belongs to somebody else.`, {
          hint: 'Pass the principal that opened the conversation.',
        })
      run.attach(conversation)
      if (named !== undefined && (await run.recall(conversation))) return
      const { events } = await conversation.execute({
        type: 'start',
        turnId,
        message: sent,
        principal: checked,
        policy,
      })
      if (events.length === 0 && !(await run.recall(conversation))) throw takenName(turnId)
    })
    .catch((error: unknown) => run.fail(error))
  return run
}

function takenName(turnId: string): ToolwireError {
  return new ToolwireError('INVALID_OPTIONS', `"${turnId}" is a message of another turn.`, {
    hint: 'Give `turnId` an id that no client used for a message.',
  })
}
