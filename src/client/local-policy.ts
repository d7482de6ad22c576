import type { CallOutcome } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import type { Call, Undoable } from '../turn/index.ts'

/** What this side says before one of its tools runs, whatever the server said. */
export interface LocalPolicy {
  /** Whether the user of this client has a permission that a tool asks for. Default: the server's word. */
  readonly permissions?: (permission: string) => boolean | Promise<boolean>
  /** The last word before a handler runs; `false` refuses the call. */
  readonly mayRun?: (call: {
    readonly tool: AnyTool
    readonly input: unknown
    /** Set where a call is taken back. */
    readonly undo?: { readonly output: unknown }
  }) => boolean | Promise<boolean>
}

interface LocalCall {
  readonly call: Call
  readonly tool: AnyTool
  /** The call that it takes back. */
  readonly taken: Undoable | undefined
}

/** Why a granted call does not run here, as its outcome; `null` where it may. */
export async function localRefusal(
  local: LocalCall,
  { permissions, mayRun }: LocalPolicy,
): Promise<CallOutcome | null> {
  if (lacksConsent(local)) return denied('nobody was asked for consent, which the tool demands')
  const { call, tool, taken } = local
  for (const permission of permissions ? [tool.permission ?? []].flat() : [])
    if (!(await permissions?.(permission))) return denied(`the user lacks "${permission}"`)
  const { input } = taken ?? call
  const last = { tool, input, ...(taken && { undo: { output: taken.output } }) }
  return mayRun && !(await mayRun(last)) ? denied('this client does not allow it') : null
}

function lacksConsent({ call, tool, taken }: LocalCall): boolean {
  const isDemanded = (taken ? tool.undoApproval : tool.approval) === true
  return isDemanded && call.approval?.approved !== true
}

/** The outcome of a call that this client does not run. */
export function denied(why: string): CallOutcome {
  return { state: 'denied', errorCode: 'not-permitted', errorText: `Not run: ${why}.` }
}
