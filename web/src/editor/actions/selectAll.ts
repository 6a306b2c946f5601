import { IconSelectAll, IconX } from '@tabler/icons-react'
import { words } from '~/i18n'
import { noteKey, notesOf } from '~/model/notes'
import type { Action } from '../action'
import { NOTHING, select, withPanels } from '../state'

export const selectAll: Action = {
  id: 'selection.all',
  label: words.editor.actions.selectAll,
  icon: IconSelectAll,
  shortcuts: ['mod+a'],
  listed: true,
  undoable: false,
  perform: (state) => {
    const notes = Object.keys(notesOf(state.document)).map(noteKey)
    return select(state, [...Object.keys(state.document.nodes), ...notes], state.document.edges)
  },
}

/** One thing a press: what floats, the selection, the panel below, the panel beside. */
export const close: Action = {
  id: 'panels.close',
  label: words.canvas.actions.close,
  icon: IconX,
  shortcuts: ['escape'],
  listed: true,
  undoable: false,
  perform(state) {
    const { quickAdd, find, drawer, inspector } = state.panels
    if (quickAdd) return withPanels(state, { quickAdd: null })
    if (find) return withPanels(state, { find: false })
    if (state.comparison) return { ...state, comparison: null }
    if (state.selection.nodes.length + state.selection.edges.length > 0) {
      return { ...state, selection: NOTHING }
    }
    if (drawer) return withPanels(state, { drawer: null })
    return inspector ? withPanels(state, { inspector: false }) : state
  },
}
