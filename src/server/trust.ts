import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ToolwireError } from '../base/index.ts'
import type { TurnView } from '../engine/index.ts'
import {
  type AcceptLimits,
  type AcceptTool,
  type ApprovalOptions,
  type CredentialProvider,
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
  /** Gives handlers on the server the credentials of a principal for other services. */
  readonly credentials?: CredentialProvider
  /**
   * What a principal has to look like, by any Standard Schema; whoever does not fit is refused. What the schema
   * makes of it is what tools and policies see.
   */
  readonly principalSchema?: StandardSchemaV1<unknown, Principal>
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
  readonly credentials: CredentialProvider | undefined
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
    credentials: options.credentials,
    isEnabled: (tool, principal) => isRolledOut(options.rollout ?? {}, tool, principal),
    activeTools: options.activeTools ?? (() => null),
  }
}

/**
 * The principal as the host's schema gives it back.
 * @throws {@link ToolwireError} `UNAUTHORIZED` where it does not fit
 */
export async function checkPrincipal(
  principal: Principal,
  { principalSchema }: Pick<TrustOptions, 'principalSchema'>,
): Promise<Principal> {
  const checked = await principalSchema?.['~standard'].validate(principal)
  if (!checked) return principal
  const [issue] = checked.issues ?? []
  if (checked.issues)
    throw new ToolwireError('UNAUTHORIZED', `The principal does not fit: ${issue?.message ?? ''}`, {
      hint: 'Compare what `authenticate` returns with `principalSchema`.',
    })
  return checked.value
}
