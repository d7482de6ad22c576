import type { Inspector, LiveRecording } from 'toolwire/inspector'
import { byId } from '../../shared/element.ts'
import type * as InspectorView from './inspector-view.ts'

const script = '/inspector-view.js'

/** Shows `recording` while its panel is open. What shows it is loaded when it is opened first. */
export function inspectorPanel(recording: LiveRecording): (isOpen: boolean) => Promise<void> {
  const panel = byId('inspector', HTMLElement)
  let inspector: Inspector | null = null
  return async (isOpen) => {
    if (!isOpen) {
      inspector?.close()
      inspector = null
      return
    }
    const { mountInspector }: typeof InspectorView = await import(script)
    // While it was on its way it may have been closed, or closed and opened again.
    if (!panel.hidden) inspector ??= mountInspector(panel, recording)
  }
}
