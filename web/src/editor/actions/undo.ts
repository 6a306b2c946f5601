import { IconArrowBackUp } from '@tabler/icons-react'
import { words } from '~/i18n'
import { undo as back } from '~/model/history'
import type { Action } from '../action'

export const undo: Action = {
  id: 'history.undo',
  label: words.editor.actions.undo,
  icon: IconArrowBackUp,
  shortcuts: ['mod+z'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => state.history.past.length > 0,
  hint: (state) => words.editor.actions.undoOf(state.history.past.at(-1)?.label),
  perform(state) {
    const { history, document } = back(state.history, state.root)
    return { ...state, history, root: document }
  },
}
