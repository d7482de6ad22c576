import { approvalMarkup } from './approval-markup.ts'
import { type CallScene, refusalMarkup } from './call-scene.ts'
import type { CallDescription } from './describe-call.ts'
import { type Child, type Markup, markup } from './markup.ts'
import { type ShownValue, shownOutput } from './shown-value.ts'
import { type ToolStrings, fill } from './strings.ts'
import { visibleJson } from './visible-text.ts'

/** The whole card of a call. */
export function callMarkup(scene: CallScene): Markup {
  const { call, about, strings } = scene
  const approval = approvalMarkup(scene)
  return markup(
    'div',
    {
      class: 'tw-call',
      'data-tone': about.tone,
      'data-state': call.state,
      role: 'group',
      tabindex: -1,
      'aria-label': about.label,
    },
    indicatorMarkup(scene),
    approval,
    errorMarkup(scene),
    about.undoStatus === undefined
      ? null
      : markup('p', { class: 'tw-note', key: 'undo' }, about.undoStatus),
    inputMarkup(scene),
    outputMarkup(scene),
    approval ? null : refusalMarkup(scene),
    controls(scene),
    markup('span', { class: 'tw-hidden', role: 'status', key: 'status' }, said(about, strings)),
  )
}

/** What a screen reader says: it changes with the state, never with progress or the time. */
function said(
  { label, status, warning, problem, undoStatus }: CallDescription,
  strings: ToolStrings,
): string {
  const isLate = warning === undefined ? undefined : strings.deadline.split(':')[0]
  return [`${label}: ${status}`, problem?.text, problem?.advice, isLate, undoStatus]
    .filter((text) => text !== undefined && text !== '')
    .join('. ')
}

/** One line: what runs, how it stands, how far it is and how long it takes. */
export function indicatorMarkup({ about, strings }: CallScene): Markup {
  const { label, status, elapsed, progress, tone, warning } = about
  return markup(
    'div',
    { class: 'tw-indicator', 'data-tone': tone, key: 'indicator' },
    markup('span', { class: 'tw-mark', 'aria-hidden': 'true' }),
    markup('span', { class: 'tw-label' }, label),
    markup('span', { class: 'tw-status' }, status),
    elapsed === undefined
      ? null
      : markup(
          'span',
          { class: 'tw-elapsed', role: 'timer', 'aria-label': strings.elapsed, key: 'elapsed' },
          elapsed,
        ),
    progress ? progressMarkup(progress, fill(strings.progress, { tool: label })) : null,
    warning === undefined ? null : markup('span', { class: 'tw-warning', key: 'warning' }, warning),
  )
}

function progressMarkup(
  { fraction, text }: NonNullable<CallDescription['progress']>,
  label: string,
): Markup {
  return markup(
    'div',
    { class: 'tw-progress', key: 'progress' },
    fraction === undefined
      ? null
      : markup('progress', { max: 1, value: fraction, 'aria-label': label, key: 'bar' }),
    text === undefined
      ? null
      : markup('span', { class: 'tw-progress-text', dir: 'auto', key: 'text' }, text),
  )
}

/** What went wrong and what to do about it. */
export function errorMarkup({ about: { problem } }: CallScene): Markup | null {
  if (!problem) return null
  return markup(
    'div',
    { class: 'tw-error', key: 'error', 'data-code': problem.code },
    markup('p', { class: 'tw-error-text', dir: 'auto' }, problem.text),
    markup('p', { class: 'tw-advice' }, problem.advice),
  )
}

function controls({ call, about, state, controller, strings }: CallScene): Markup | null {
  const isBusy = state.pending !== null
  const button = (text: string, click: () => void): Markup =>
    markup(
      'button',
      {
        class: 'tw-button',
        type: 'button',
        key: text,
        click,
        'aria-disabled': isBusy ? 'true' : undefined,
        'aria-label': `${text}: ${about.label}`,
      },
      text,
    )
  const shown: Child[] = []
  if (about.canCancel) shown.push(button(strings.cancel, () => controller.cancel()))
  if (about.canUndo) shown.push(button(strings.undo, () => controller.undo()))
  return shown.length > 0 && call
    ? markup('div', { class: 'tw-controls', key: 'controls' }, ...shown)
    : null
}

function inputMarkup({ call, strings, options }: CallScene): Markup | null {
  // The question shows it already.
  if (call.state === 'approval-requested') return null
  const text = call.input === undefined ? call.inputText : visibleJson(call.input)
  if (text === undefined || text === '' || text === '{}') return null
  const shown: Child = options.slots?.includes('input') ? { slot: 'input' } : valueMarkup(text)
  return fold('input', strings.input, [shown])
}

function outputMarkup(scene: CallScene): Markup | null {
  const { call, strings, options } = scene
  if (call.output === undefined || call.undo?.state === 'undone') return null
  if (options.slots?.includes('output'))
    return markup('div', { class: 'tw-output', key: 'output' }, { slot: 'output' })
  const pieces = shownOutput(call, options)
  return fold(
    'output',
    strings.output,
    pieces.map((piece, at) => pieceMarkup(piece, scene, `${at}`)),
  )
}

function fold(key: string, title: string, children: readonly Child[]): Markup {
  return markup(
    'details',
    { class: `tw-fold tw-${key}`, key },
    markup('summary', {}, title),
    ...children,
  )
}

function valueMarkup(text: string): Markup {
  return markup('pre', { class: 'tw-value', dir: 'auto', tabindex: 0 }, text)
}

function pieceMarkup(piece: ShownValue, { about, strings }: CallScene, key: string): Markup {
  switch (piece.type) {
    case 'text': {
      const rest = piece.cutChars > 0 ? `\n${fill(strings.cut, { count: piece.cutChars })}` : ''
      return markup('div', { key }, valueMarkup(piece.text + rest))
    }
    case 'link':
      return markup('p', { class: 'tw-link', key }, linkMarkup(piece.url))
    case 'image':
      return markup('img', {
        class: 'tw-image',
        key,
        src: piece.url,
        alt: fill(strings.image, { tool: about.label }),
        loading: 'lazy',
        referrerpolicy: 'no-referrer',
      })
    case 'blocked':
      return markup(
        'p',
        { class: 'tw-link', key },
        `${strings.imageBlocked} `,
        piece.link === null ? piece.url : linkMarkup(piece.link),
      )
  }
}

function linkMarkup(href: string): Markup {
  const rel = 'noopener noreferrer nofollow'
  return markup('a', { href, rel, target: '_blank', referrerpolicy: 'no-referrer' }, href)
}
