import type { ToolPart } from 'toolwire/protocol'
import { element, setText } from '../../shared/element.ts'
import type { ChatOptions } from './chat.ts'

export class CallView {
  readonly root: HTMLElement = element('div', 'step')
  readonly #pre = element('pre')
  readonly #id: string
  constructor(toolCallId: string, { client, fail }: ChatOptions) {
    this.#id = toolCallId
    this.root.append(this.#pre)
    for (const command of ['approve', 'deny', 'cancel', 'undo'] as const) {
      const button = element('button', command, command)
      button.addEventListener('click', () => client[command](this.#id).catch(fail))
      this.root.append(button)
    }
  }
  show(part: ToolPart): void {
    setText(this.#pre, `${part.toolName} ${part.state} ${JSON.stringify(part.progress ?? '')}`)
  }
}
