import { words } from '~/i18n'
import type { Action } from '../action'
import { type Panels, withPanels } from '../state'

export const setPanels: Action<Partial<Panels>> = {
  id: 'panels.set',
  label: words.editor.actions.panels,
  undoable: false,
  perform: withPanels,
}
