import type { AnyTool, Model } from '../../../src/index.ts'

/** A line for each tool that loses something on the wire of `model`. */
export function lossesAt(model: Model, tools: readonly AnyTool[]): readonly string[] {
  const reports = model.checkTools?.(tools.map(({ descriptor }) => descriptor)) ?? []
  return reports.map(({ toolName, leftOut, losses }) =>
    leftOut
      ? `${toolName} is left out: ${leftOut}`
      : `${toolName}: ${losses.map(({ keyword, path, how }) => `${keyword} at ${path} is ${how}`).join(', ')}`,
  )
}
