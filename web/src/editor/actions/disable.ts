import { IconPlayerPause } from '@tabler/icons-react'
import { words } from '~/i18n'
import { setDisabled } from '~/model/edits'
import type { Action } from '../action'

/** Off when any of the chosen is on, else all on again. */
export const disable: Action = {
  id: 'node.disable',
  label: words.editor.actions.disable,
  icon: IconPlayerPause,
  shortcuts: ['d'],
  listed: true,
  undoable: true,
  enabled: (state) => state.selection.nodes.length > 0,
  perform(state) {
    const ids = state.selection.nodes
    const anyOn = ids.some((id) => !state.document.nodes[id]?.disabled)
    return { ...state, document: setDisabled(state.document, ids, anyOn) }
  },
}
