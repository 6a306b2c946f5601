import { IconLayoutDistributeVertical } from '@tabler/icons-react'
import { words } from '~/i18n'
import { moveNodes } from '~/model/edits'
import { layoutGraph } from '~/model/layout'
import { undoneBy } from '~/model/undo'
import type { Action } from '../action'

export const tidy: Action = {
  id: 'layout.tidy',
  label: words.editor.actions.tidy,
  icon: IconLayoutDistributeVertical,
  shortcuts: ['shift+alt+t'],
  listed: true,
  undoable: true,
  enabled: (state) => Object.keys(state.document.nodes).length > 1,
  perform(state) {
    const { document } = state
    const positions = layoutGraph(Object.keys(document.nodes), document.edges, undoneBy(document.nodes))
    return { ...state, document: moveNodes(document, positions) }
  },
  effect: ({ services }) => services.fit(),
}
