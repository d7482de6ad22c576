import { type CallScene, refusalMarkup } from './call-scene.ts'
import { type Child, type Markup, type MarkupOptions, markup } from './markup.ts'
import { fill } from './strings.ts'
import { visibleJson } from './visible-text.ts'

/** The question whether a call may run, or may be taken back, with what it would do; `null` where none is open. */
export function approvalMarkup(scene: CallScene): Markup | null {
  const { call, about, strings, options } = scene
  const isUndo = call.undo?.state === 'approval-requested'
  if (call.state !== 'approval-requested' && !isUndo) return null
  const question = fill(isUndo ? strings.undoQuestion : strings.question, { tool: about.label })
  const isEditing = scene.state.draft !== null && !isUndo
  const shown: Child = options.slots?.includes('input')
    ? { slot: 'input' }
    : markup(
        'pre',
        { class: 'tw-value', dir: 'ltr', tabindex: 0, key: 'input' },
        visibleJson(call.input ?? {}),
      )
  return markup(
    'div',
    { class: 'tw-approval', role: 'group', 'aria-label': question, key: 'approval' },
    markup('p', { class: 'tw-question' }, question),
    isEditing ? editor(scene) : shown,
    refusalMarkup(scene),
    markup(
      'div',
      { class: 'tw-controls' },
      ...(isEditing ? editing(scene) : deciding(scene, isUndo)),
    ),
  )
}

function editor({ state, controller, about, strings }: CallScene): Markup {
  const lines = (state.draft ?? '').split('\n').length
  return markup('textarea', {
    class: 'tw-editor',
    key: 'editor',
    'aria-label': fill(strings.editLabel, { tool: about.label }),
    'aria-invalid': state.refusal === null ? undefined : 'true',
    spellcheck: 'false',
    autofocus: '',
    rows: Math.min(16, lines + 1),
    value: state.draft ?? '',
    text: (text) => controller.write(text),
    escape: () => controller.discard(),
  })
}

function editing(scene: CallScene): readonly Markup[] {
  const { controller, strings } = scene
  return [
    button(scene, strings.approveEdited, {
      class: 'tw-button tw-primary',
      click: () => controller.approveDraft(),
    }),
    button(scene, strings.discard, { click: () => controller.discard() }),
  ]
}

function deciding(scene: CallScene, isUndo: boolean): readonly Markup[] {
  const { controller, strings, options } = scene
  const kept = { session: strings.approveForSession, always: strings.approveAlways }
  return [
    button(scene, strings.approve, {
      class: 'tw-button tw-primary',
      click: () => controller.approve(),
    }),
    ...(isUndo ? [] : (options.keep ?? [])).map((keep) =>
      button(scene, kept[keep], { click: () => controller.approve(keep) }),
    ),
    ...(options.canEdit && !isUndo
      ? [button(scene, strings.edit, { click: () => controller.edit() })]
      : []),
    button(scene, strings.deny, { click: () => controller.deny() }),
  ]
}

/** Not `disabled`, which would take the focus away from whoever pressed it. */
function button({ state, about }: CallScene, text: string, options: MarkupOptions): Markup {
  return markup(
    'button',
    {
      class: 'tw-button',
      type: 'button',
      key: text,
      'aria-disabled': state.pending === null ? undefined : 'true',
      'aria-label': `${text}: ${about.label}`,
      ...options,
    },
    text,
  )
}
