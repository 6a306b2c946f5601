import { IconSelectAll } from '@tabler/icons-react'
import { words } from '~/i18n'
import type { Action } from '../action'
import { NOTHING, select, withPanels } from '../state'

export const selectAll: Action = {
  id: 'selection.all',
  label: words.editor.actions.selectAll,
  icon: IconSelectAll,
  shortcuts: ['mod+a'],
  listed: true,
  undoable: false,
  perform: (state) => select(state, Object.keys(state.document.nodes), state.document.edges),
}

export const selectNothing: Action = {
  id: 'selection.none',
  label: words.editor.actions.selectNothing,
  shortcuts: ['escape'],
  undoable: false,
  perform: (state) => withPanels({ ...state, selection: NOTHING }, { quickAdd: null }),
}
