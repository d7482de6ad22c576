/** A value that JSON can carry. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json }

/** Whether `value` is an object and neither `null` nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * `value` as it comes out of JSON, sharing nothing with it; JSON has no word for nothing but `null`.
 * @throws TypeError where JSON cannot carry it.
 */
export function asJson(value: unknown): Json {
  return typeof value === 'string' ? value : JSON.parse(JSON.stringify(value ?? null))
}
