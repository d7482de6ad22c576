import { ToolwireError } from '../base/index.ts'
import type { Principal } from '../protocol/index.ts'
import { type NodeRequestHead, headOf } from './node-listener.ts'
import { type OriginOptions, originOf } from './origin.ts'
import { type TrustOptions, checkPrincipal } from './trust.ts'

interface GateOptions extends Partial<OriginOptions>, Pick<TrustOptions, 'principalSchema'> {
  readonly authenticate?: (request: Request) => Principal | null | Promise<Principal | null>
}

/** What a request passes before anything of it is read. */
export interface Gate extends OriginOptions {
  readonly identify: (request: Request) => Promise<Principal | null>
  readonly onError: (error: unknown) => void
}

export function gateOf(options: GateOptions, onError: (error: unknown) => void): Gate {
  const { authenticate = noAuthenticate, allowedOrigins = [], allowedHosts = [] } = options
  return {
    allowedOrigins,
    allowedHosts,
    onError,
    async identify(request) {
      const principal = await authenticate(request)
      return principal && checkPrincipal(principal, options)
    },
  }
}

/** Who asks for a socket; `null` where it may not have one. What fails is reported, and refuses. */
export async function authorize(
  request: Request | NodeRequestHead,
  gate: Gate,
): Promise<Principal | null> {
  try {
    const asked = request instanceof Request ? request : upgradeOf(request)
    return originOf(asked, gate) === 'foreign' ? null : await gate.identify(asked)
  } catch (error) {
    gate.onError(error)
    return null
  }
}

function upgradeOf(request: NodeRequestHead): Request {
  const { url, headers } = headOf(request)
  return new Request(url, { headers })
}

function noAuthenticate(): never {
  throw new ToolwireError(
    'INVALID_OPTIONS',
    'A server that answers requests needs `authenticate`.',
    {
      hint: 'Return who sent the request, such as `authenticate: () => ({ id: "me" })` on your own machine.',
    },
  )
}
