import { ToolwireError } from '../base/index.ts'
import type { Model } from '../ports/index.ts'
import type { ToolDescriptor } from '../protocol/index.ts'

export interface LeftOutTool {
  readonly error: ToolwireError
  readonly modelId: string
  readonly toolName: string
}

/** Leaves out the tools that a model's wire cannot carry, and tells of each once, not at every step. */
export class ToolCheck {
  /** Model and version of each tool that was told of. */
  readonly #told = new Set<string>()

  /** Those of `tools` that `model` can be offered. */
  usable(
    model: Model,
    tools: readonly ToolDescriptor[],
    onLeftOut: (tool: LeftOutTool) => void,
  ): readonly ToolDescriptor[] {
    const reports = model.checkTools?.(tools) ?? []
    const reasons = new Map(reports.map(({ toolName, leftOut }) => [toolName, leftOut]))
    return tools.filter((tool) => {
      const reason = reasons.get(tool.name)
      if (reason !== undefined && this.#isNews(`${tool.hash} ${model.id}`))
        onLeftOut(leftOutTool(tool.name, model.id, reason))
      return reason === undefined
    })
  }

  #isNews(key: string): boolean {
    const isNews = !this.#told.has(key)
    this.#told.add(key)
    return isNews
  }
}

function leftOutTool(toolName: string, modelId: string, reason: string): LeftOutTool {
  const message = `Tool "${toolName}" is not offered to the model "${modelId}": ${reason}.`
  const error = new ToolwireError('TOOL_LEFT_OUT', message, {
    hint: 'Simplify the schema of the tool, or choose another model where it is needed; the other tools go on.',
  })
  return { error, modelId, toolName }
}
