import { ToolError } from '../../../src/index.ts'
import type { Guard } from '../../../src/server/index.ts'

/** Lets calls out to these origins alone. `fields` says, by tool, which field of the input is the address. */
export function egress(origins: readonly string[], fields: ReadonlyMap<string, string>): Guard {
  return ({ toolName, input }, next) => {
    const field = fields.get(toolName)
    if (field === undefined) return next()
    const address: unknown = (input as Readonly<Record<string, unknown>>)[field]
    const url = typeof address === 'string' && URL.canParse(address) ? new URL(address) : null
    // No credentials in it, which carry something out, and nothing like `blob:`, which has the origin of another.
    const isAllowed = url?.href.startsWith(`${url.origin}/`) && origins.includes(url.origin)
    if (!isAllowed)
      throw new ToolError(`Calls go to ${origins.join(', ')} only.`, { code: 'egress' })
    return next()
  }
}
