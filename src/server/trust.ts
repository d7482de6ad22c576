import type { TurnView } from '../engine/index.ts'
import {
  type AcceptLimits,
  type AcceptTool,
  type ApprovalOptions,
  DeclaredTools,
  type Permissions,
  type Rollout,
  carriedPermission,
  defaultAcceptLimits,
  isRolledOut,
} from '../guards/index.ts'
import type { Principal } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'

/** What a host says about who may do what, and which tools there are for whom. */
export interface TrustOptions {
  /**
   * Whether `principal` has a permission that a tool asks for; asked when the model asks for the call, and again
   * when it begins. Default: it is in `principal.permissions`, and `role:name` is in `principal.roles`.
   */
  readonly permissions?: Permissions
  /**
   * What is done with a tool that a client declares and of which the server has no definition. Without it such
   * a tool is refused.
   */
  readonly acceptTool?: AcceptTool
  /** Bounds on what one client may declare. */
  readonly acceptLimits?: AcceptLimits
  /** How people are asked: whether they may change inputs, and how long a yes may hold. */
  readonly approvals?: ApprovalOptions
  /** For whom tools are switched on, by name. */
  readonly rollout?: Rollout
  /** The tools that the model is told of in a step, by name; all of them where it gives `null`. */
  readonly activeTools?: (
    turn: TurnView,
  ) => readonly string[] | null | Promise<readonly string[] | null>
}

/** The same, complete. */
export interface Trust {
  readonly declared: DeclaredTools
  readonly acceptTool: AcceptTool | undefined
  readonly acceptLimits: Required<AcceptLimits>
  readonly permissions: Permissions
  readonly approvals: ApprovalOptions
  readonly isEnabled: (tool: AnyTool, principal: Principal | null) => boolean
  readonly activeTools: NonNullable<TrustOptions['activeTools']>
}

export function trustOf(options: TrustOptions): Trust {
  return {
    declared: new DeclaredTools(),
    acceptTool: options.acceptTool,
    acceptLimits: { ...defaultAcceptLimits, ...options.acceptLimits },
    permissions: options.permissions ?? carriedPermission,
    approvals: options.approvals ?? {},
    isEnabled: (tool, principal) => isRolledOut(options.rollout ?? {}, tool, principal),
    activeTools: options.activeTools ?? (() => null),
  }
}
