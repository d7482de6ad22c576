import { type World, isObject } from '../base/index.ts'
import type { Principal } from '../protocol/index.ts'
import { ToolError } from '../tools/index.ts'

/** What a handler authenticates with at a service: an API key, or a bearer token that may run out. */
export interface Credential {
  readonly type: 'api-key' | 'bearer'
  readonly value: string
  /** Wall clock, milliseconds since 1970; absent where it does not run out. */
  readonly expiresAt?: number
}

export interface CredentialRequest {
  /** The service, as the tool names it. */
  readonly name: string
  readonly principal: Principal | null
  readonly toolName: string
  /** The last one was refused by the service, or ran out. */
  readonly refresh: boolean
}

/** Gives the credential of one principal; `null` where there is none. Comes from the host, never from a model. */
export type CredentialProvider = (
  request: CredentialRequest,
) => Credential | null | Promise<Credential | null>

interface CredentialOptions {
  readonly provider: CredentialProvider | undefined
  readonly principal: Principal | null
  readonly toolName: string
  readonly world: World
}

/** The credentials of one call. It knows what it gave out, so that none of it gets out by mistake. */
export class CallCredentials {
  readonly #options: CredentialOptions
  readonly #current = new Map<string, Credential>()
  readonly #issued = new Set<string>()

  constructor(options: CredentialOptions) {
    this.#options = options
  }

  /** @throws {@link ToolError} that tells the model no more than that there is none */
  async get(
    name: string,
    { refresh = false }: { readonly refresh?: boolean } = {},
  ): Promise<Credential> {
    const { provider, principal, toolName, world } = this.#options
    const known = this.#current.get(name)
    const isOver = known?.expiresAt !== undefined && known.expiresAt <= world.now()
    if (known && !refresh && !isOver) return known
    const given = await provider?.({ name, principal, toolName, refresh: refresh || isOver })
    if (!given)
      throw new ToolError(`Not run: the user has not connected "${name}".`, {
        code: 'no-credential',
      })
    this.#issued.add(given.value)
    const credential = quiet(given)
    this.#current.set(name, credential)
    return credential
  }

  /** `value` without any credential that was given out, in whatever text of it. */
  hide<T>(value: T): T {
    const secrets = [...this.#issued].filter((secret) => secret.length >= minSecretChars)
    // Texts stay texts and everything else what it is.
    return secrets.length === 0 ? value : (cleaned(value, secrets) as T)
  }

  /** The error for the log, without what was given out. */
  hideInError(error: unknown): unknown {
    if (!(error instanceof Error)) return this.hide(error)
    const { stack = error.message } = error
    const text = this.hide(stack)
    if (text === stack) return error
    const clean = new Error(this.hide(error.message))
    clean.name = error.name
    clean.stack = text
    return clean
  }
}

/** Shorter ones would take half of a text with them. */
const minSecretChars = 6

/** A credential that logs and JSON do not show. */
function quiet({ type, value, expiresAt }: Credential): Credential {
  const shown = { type, ...(expiresAt !== undefined && { expiresAt }) }
  return Object.defineProperty(shown, 'value', { value }) as Credential
}

function cleaned(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string')
    return secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), value)
  if (Array.isArray(value)) return value.map((item) => cleaned(item, secrets))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [cleaned(key, secrets), cleaned(child, secrets)]),
  )
}
