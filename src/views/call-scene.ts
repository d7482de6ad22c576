import type { ToolClient } from '../client/index.ts'
import type { ToolPart } from '../protocol/index.ts'
import type { CallController, CallUiState } from './call-controller.ts'
import { type CallDescription, describeCall } from './describe-call.ts'
import { type Markup, markup } from './markup.ts'
import type { ShowOptions } from './shown-value.ts'
import { type OwnStrings, type ToolStrings, fill, stringsOf } from './strings.ts'

export interface CallMarkupOptions extends ShowOptions {
  readonly title?: string | undefined
  readonly strings?: OwnStrings | undefined
  /** Whether people may change the input before they agree; the server has to allow it, too. */
  readonly canEdit?: boolean | undefined
  /** For how long people may agree beside this once. */
  readonly keep?: readonly ('session' | 'always')[] | undefined
  /** What the host draws itself. */
  readonly slots?: readonly ('input' | 'output')[]
}

/** One call, with all that is to be said of it and done with it at this time. */
export interface CallScene {
  readonly call: ToolPart
  readonly state: CallUiState
  readonly controller: CallController
  readonly about: CallDescription
  readonly strings: ToolStrings
  readonly options: CallMarkupOptions
}

/** What there is to draw of a call, or `null` where it is not known yet. */
export function sceneOf(
  state: CallUiState,
  controller: CallController,
  options: CallMarkupOptions,
): CallScene | null {
  const { call, now } = state
  if (!call) return null
  const { title, strings } = options
  const about = describeCall(call, {
    now,
    ...(title !== undefined && { title }),
    ...(strings && { strings }),
  })
  return { call, state, controller, about, strings: stringsOf(strings), options }
}

/** Why what was asked for last did not work. */
export function refusalMarkup({ state: { refusal }, strings }: CallScene): Markup | null {
  if (!refusal) return null
  const text = fill(strings[refusal.text], refusal.values)
  return markup('p', { class: 'tw-refusal', role: 'alert', key: 'refusal' }, text)
}

/** What people call a tool that `client` runs. */
export function titleIn(client: ToolClient | undefined, toolName: string): string | undefined {
  return client?.tools.has(toolName) ? client.tools.get(toolName).descriptor.title : undefined
}
