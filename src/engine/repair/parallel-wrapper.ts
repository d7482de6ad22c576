import { type JsonObject, isObject } from '../../base/index.ts'

/** A call inside a wrapper. */
export interface WrappedCall {
  readonly toolName: string
  readonly input: JsonObject
}

/**
 * The calls in a call of `multi_tool_use.parallel`, which OpenAI's models make up now and then
 * (openai/openai-node#488). `undefined` where it is none, holds anything but calls, or where `resolve` does
 * not know every recipient.
 */
export function wrappedCalls(
  { toolName, input }: { readonly toolName: string; readonly input?: JsonObject },
  resolve: (name: string) => string | undefined,
): readonly WrappedCall[] | undefined {
  if (!/^(?:functions[._])?multi_tool_use[._]parallel$/.test(toolName)) return undefined
  const uses = input && hasOnly(input, ['tool_uses']) ? input['tool_uses'] : undefined
  if (!Array.isArray(uses) || uses.length === 0) return undefined
  const calls = uses.flatMap((use) => wrappedCall(use, resolve) ?? [])
  return calls.length === uses.length ? calls : undefined
}

function wrappedCall(
  use: unknown,
  resolve: (name: string) => string | undefined,
): WrappedCall | undefined {
  if (!isObject(use) || !hasOnly(use, ['recipient_name', 'parameters'])) return undefined
  const { recipient_name: recipient, parameters } = use
  const toolName = typeof recipient === 'string' ? resolve(recipient) : undefined
  // A part of an input, which is JSON.
  return toolName !== undefined && isObject(parameters)
    ? { toolName, input: parameters as JsonObject }
    : undefined
}

function hasOnly(value: object, keys: readonly string[]): boolean {
  return Object.keys(value).every((key) => keys.includes(key))
}
