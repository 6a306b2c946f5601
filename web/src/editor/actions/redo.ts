import { IconArrowForwardUp } from '@tabler/icons-react'
import { words } from '~/i18n'
import { redo as forward } from '~/model/history'
import type { Action } from '../action'

export const redo: Action = {
  id: 'history.redo',
  label: words.editor.actions.redo,
  icon: IconArrowForwardUp,
  shortcuts: ['mod+shift+z', 'mod+y'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => state.history.future.length > 0,
  hint: (state) => words.editor.actions.redoOf(state.history.future[0]?.label),
  perform(state) {
    const { history, document } = forward(state.history, state.root)
    return { ...state, history, root: document }
  },
}
