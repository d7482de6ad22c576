import { sha256 } from '../base/index.ts'
import type { Principal } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'

/**
 * For whom tools are switched on, by name: for a share of all principals (0 to 1; the same ones every time, and
 * those of a smaller share stay when it grows), or for whom a function says. Tools without an entry are on.
 */
export type Rollout = Readonly<
  Record<string, number | boolean | ((principal: Principal | null) => boolean)>
>

export function isRolledOut(
  rollout: Rollout,
  { name }: Pick<AnyTool, 'name'>,
  principal: Principal | null,
): boolean {
  const rule = Object.hasOwn(rollout, name) ? rollout[name] : true
  if (typeof rule === 'function') return rule(principal)
  if (typeof rule === 'number') return rule >= 1 || placeOf(name, principal) < rule
  return rule === true
}

/** Where a principal stands among all, from 0 to 1; for each tool elsewhere. */
function placeOf(name: string, principal: Principal | null): number {
  if (!principal) return 1
  return Number.parseInt(sha256(`${name}\n${principal.id}`).slice(0, 8), 16) / 2 ** 32
}
