import type { Consent, Principal } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'

/** A call that a person is asked about, or was. */
export interface ApprovalCall {
  readonly principal: Principal | null
  readonly toolName: string
  readonly input: unknown
}

/** A call that the model asked for after it had read what strangers wrote. */
export interface SwayedCall extends ApprovalCall {
  readonly tool: AnyTool
  /** Names of the tools by which that came into the conversation. */
  readonly untrusted: readonly string[]
}

/** What a host says about the questions to people. */
export interface ApprovalOptions {
  /**
   * Whether a person is asked about a call after an `untrusted` tool gave something, whatever the tool of the call
   * says and whatever was allowed for longer. Default: about each that is not read-only.
   */
  readonly afterUntrusted?: boolean | ((call: SwayedCall) => boolean | Promise<boolean>)
  /** Whether a person may change the input while agreeing to it. Default: no. */
  readonly allowEdits?:
    | boolean
    | ((edit: ApprovalCall & { readonly edited: unknown }) => boolean | Promise<boolean>)
  /** Where a yes that is to hold always is kept. Without it a yes holds for one conversation at the most. */
  readonly standing?: StandingConsents
  /**
   * Tells the calls of a tool apart for a yes that holds longer, as by the folder that it writes to. A yes
   * holds for calls of the same text. Default: all calls of a tool are alike.
   */
  readonly scope?: (call: ApprovalCall) => string
}

/** Keeps what people allowed for always. `add` of what is there changes nothing. */
export interface StandingConsents {
  find(principalId: string, toolName: string): readonly Consent[] | Promise<readonly Consent[]>
  add(principalId: string, consent: Consent): void | Promise<void>
  /** Takes back everything that was allowed for this tool. */
  remove(principalId: string, toolName: string): void | Promise<void>
}

/** Whether a person is asked because of what strangers may have made the model want. */
export async function asksAfterUntrusted(
  call: SwayedCall,
  { afterUntrusted = !call.tool.readOnly }: ApprovalOptions,
): Promise<boolean> {
  if (call.untrusted.length === 0) return false
  return typeof afterUntrusted === 'function' ? afterUntrusted(call) : afterUntrusted
}

/** Why a decision cannot be carried out; `null` where it can. */
export function keepProblem(
  tool: AnyTool,
  keep: 'session' | 'always' | undefined,
  { standing }: ApprovalOptions,
): string | null {
  if (!keep) return null
  if (tool.destructive) return `"${tool.name}" is destructive: each call is asked about.`
  return keep === 'always' && !standing ? 'Nothing is allowed for always here.' : null
}

/** The yes that holds for a call already: of this conversation, or for always. */
export async function standingConsent(
  call: ApprovalCall & { readonly tool: AnyTool; readonly session: readonly Consent[] },
  options: ApprovalOptions,
): Promise<Consent | null> {
  const { tool, principal, session, toolName } = call
  if (tool.destructive || !principal) return null
  const always = await options.standing?.find(principal.id, toolName)
  const scope = options.scope?.(call) ?? ''
  return (
    [...session, ...(always ?? [])].find(
      (consent) =>
        consent.toolName === toolName &&
        consent.toolHash === tool.descriptor.hash &&
        consent.scope === scope,
    ) ?? null
  )
}

/** Standing consents in memory, for one process. */
export function memoryConsents(): StandingConsents {
  const kept = new Map<string, readonly Consent[]>()
  const key = (principalId: string, toolName: string): string =>
    JSON.stringify([principalId, toolName])
  const find = (principalId: string, toolName: string): readonly Consent[] =>
    kept.get(key(principalId, toolName)) ?? []
  return {
    find,
    add(principalId, consent) {
      const others = find(principalId, consent.toolName).filter(
        ({ consentId }) => consentId !== consent.consentId,
      )
      kept.set(key(principalId, consent.toolName), [...others, consent])
    },
    remove(principalId, toolName) {
      kept.delete(key(principalId, toolName))
    },
  }
}
