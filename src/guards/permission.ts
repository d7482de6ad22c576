import type { CallOutcome, Principal } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'

/** Whether `principal` has a permission, by whatever the host knows. */
export type Permissions = (
  principal: Principal | null,
  permission: string,
) => boolean | Promise<boolean>

/** The rights that the principal itself carries: `permissions` by name, and `roles` as `role:name`. */
export function carriedPermission(principal: Principal | null, permission: string): boolean {
  const role = /^role:(.+)$/.exec(permission)?.[1]
  return role === undefined
    ? principal?.permissions?.includes(permission) === true
    : principal?.roles?.includes(role) === true
}

/** Why `principal` may not run `tool`, as the outcome of its call; `null` where it may. */
export async function notPermitted(
  tool: AnyTool,
  principal: Principal | null,
  permissions: Permissions,
): Promise<CallOutcome | null> {
  for (const permission of [tool.permission ?? []].flat())
    if (!(await permissions(principal, permission)))
      return {
        state: 'denied',
        errorCode: 'not-permitted',
        errorText: `Not run: the user lacks the permission "${permission}".`,
      }
  return null
}
