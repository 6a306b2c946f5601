import { words } from '~/i18n'
import type { Action } from '../action'
import { withPanels } from '../state'

/** @param reason in words for the person; null when the workflow may be changed. */
export const setReadOnly: Action<string | null> = {
  id: 'document.readOnly',
  label: words.canvas.readOnly.badge,
  undoable: false,
  perform(state, reason) {
    if (state.readOnly === reason) return state
    const closed = reason === null ? {} : { quickAdd: null, renaming: null, renamingId: null }
    return withPanels({ ...state, readOnly: reason }, closed)
  },
}
