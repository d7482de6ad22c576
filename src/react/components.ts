import {
  type FC,
  type NamedExoticComponent,
  type ReactNode,
  createElement,
  memo,
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
} from 'react'
import type { World } from '../base/index.ts'
import type { ToolClient } from '../client/index.ts'
import type { ToolPart } from '../protocol/index.ts'
import {
  CallController,
  type CallMarkupOptions,
  type CallScene,
  type CallUiState,
  type Child,
  approvalMarkup,
  callMarkup,
  errorMarkup,
  indicatorMarkup,
  sceneOf,
  stringsOf,
  titleIn,
} from '../views/index.ts'
import { type Slots, fromMarkup } from './from-markup.ts'
import { useToolClient } from './use-tool-client.ts'

/** Which call, and in which words. */
export interface ToolCallProps extends Pick<CallMarkupOptions, 'title' | 'strings'> {
  /** Where the call is; without one `call` is shown as it is. */
  readonly client?: ToolClient
  readonly toolCallId?: string
  /** The call itself, as from `useToolCall` or from a message. */
  readonly call?: ToolPart
  /** Clock and timers; default the real ones. */
  readonly world?: World
}

/** What {@link ToolApproval} takes. */
export interface ToolApprovalProps
  extends ToolCallProps, Pick<CallMarkupOptions, 'canEdit' | 'keep'> {}

/** What {@link ToolCallView} takes. */
export interface ToolCallViewProps
  extends ToolApprovalProps, Pick<CallMarkupOptions, 'imageOrigins'> {
  /** Draws the input and the output in your own way. */
  readonly renderInput?: (call: ToolPart) => ReactNode
  readonly renderOutput?: (call: ToolPart) => ReactNode
}

/** What {@link ToolTimeline} takes. */
export interface ToolTimelineProps extends Omit<
  ToolCallViewProps,
  'client' | 'toolCallId' | 'call' | 'title'
> {
  readonly client: ToolClient
  /** What people call a tool. Default: its title where this client runs it, else its name in words. */
  readonly titleOf?: (toolName: string) => string | undefined
}

/** One call: how it stands, the question to a person, its result, and how to cancel it or take it back. */
export const ToolCallView: NamedExoticComponent<ToolCallViewProps> = /* @__PURE__ */ memo(
  function ToolCallView({ renderInput, renderOutput, ...props }: ToolCallViewProps): ReactNode {
    const slots = [renderInput && 'input', renderOutput && 'output'] as const
    const shown = useScene(props, { ...props, slots: slots.filter((slot) => slot !== undefined) })
    const root = useRef<HTMLElement>(null)
    useEffect(() => shown.controller.keepFocus(root.current))
    const { call } = shown.state
    if (!shown.scene || !call) return null
    const given: Slots = { input: renderInput?.(call), output: renderOutput?.(call) }
    return fromMarkup(callMarkup(shown.scene), given, { ref: root })
  },
)

/** One line: a spinner, how far the call is, how long it takes, and a warning when its time is nearly up. */
export const ToolExecutionIndicator: FC<ToolCallProps> = (props) =>
  useDrawn(props, props, indicatorMarkup)

/** The question whether a call may run, with its input; nothing where none is open. */
export const ToolApproval: FC<ToolApprovalProps> = (props) => useDrawn(props, props, approvalMarkup)

/** What went wrong with a call and what to do about it; nothing where nothing did. */
export const ToolErrorNotice: FC<ToolCallProps> = (props) => useDrawn(props, props, errorMarkup)

/** Every call of the conversation, in order. */
export const ToolTimeline: FC<ToolTimelineProps> = ({ client, titleOf, ...props }) => {
  const { calls } = useToolClient(client)
  const strings = stringsOf(props.strings)
  if (calls.length === 0) return createElement('p', { className: 'tw-empty' }, strings.empty)
  const items = calls.map(({ toolCallId, toolName }) => {
    const title = titleOf?.(toolName)
    const own = { ...props, client, toolCallId, ...(title !== undefined && { title }) }
    return createElement('li', { key: toolCallId }, createElement(ToolCallView, own))
  })
  return createElement('ol', { className: 'tw-timeline', 'aria-label': strings.timeline }, items)
}

interface Shown {
  readonly controller: CallController
  readonly state: CallUiState
  readonly scene: CallScene | null
}

function useScene(props: ToolCallProps, options: CallMarkupOptions): Shown {
  const { client, call, world } = props
  const toolCallId = props.toolCallId ?? call?.toolCallId ?? ''
  const controller = useMemo(
    () => new CallController({ client, toolCallId, world }),
    [client, toolCallId, world],
  )
  useEffect(() => controller.show(call), [controller, call])
  const known = useSyncExternalStore(controller.subscribe, controller.getState, notMounted)
  const state = call ? { ...known, call } : known
  const title = props.title ?? (state.call && titleIn(client, state.call.toolName))
  return { controller, state, scene: sceneOf(state, controller, { ...options, title }) }
}

function useDrawn(
  props: ToolCallProps,
  options: CallMarkupOptions,
  draw: (scene: CallScene) => Child,
): ReactNode {
  const { scene } = useScene(props, options)
  return scene && fromMarkup(draw(scene), {})
}

const nothing: CallUiState = { call: undefined, now: 0, draft: null, pending: null, refusal: null }
const notMounted = (): CallUiState => nothing
