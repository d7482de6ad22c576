import type { CallOutcome } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import type { Call } from '../turn/index.ts'

/** What this side says before one of its tools runs, whatever the server said. */
export interface LocalPolicy {
  /** Whether the user of this client has a permission that a tool asks for. Default: the server's word. */
  readonly permissions?: (permission: string) => boolean | Promise<boolean>
  /** The last word before a handler runs; `false` refuses the call. */
  readonly mayRun?: (call: {
    readonly tool: AnyTool
    readonly input: unknown
  }) => boolean | Promise<boolean>
}

/** Why a granted call does not run here, as its outcome; `null` where it may. */
export async function localRefusal(
  { input, approval }: Call,
  tool: AnyTool,
  { permissions, mayRun }: LocalPolicy,
): Promise<CallOutcome | null> {
  if (tool.approval === true && approval?.approved !== true)
    return denied('nobody was asked for consent, which the tool demands')
  for (const permission of permissions ? [tool.permission ?? []].flat() : [])
    if (!(await permissions?.(permission))) return denied(`the user lacks "${permission}"`)
  return mayRun && !(await mayRun({ tool, input })) ? denied('this client does not allow it') : null
}

function denied(why: string): CallOutcome {
  return { state: 'denied', errorCode: 'not-permitted', errorText: `Not run: ${why}.` }
}
