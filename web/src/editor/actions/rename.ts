import { IconCursorText } from '@tabler/icons-react'
import { words } from '~/i18n'
import { setTitle } from '~/model/edits'
import { renameNode } from '~/model/rename'
import type { Action } from '../action'
import { soleNode, withPanels } from '../state'

/** Open the dialog. */
export const rename: Action = {
  id: 'node.rename',
  label: words.editor.actions.rename,
  icon: IconCursorText,
  shortcuts: ['f2'],
  listed: true,
  undoable: false,
  enabled: (state) => soleNode(state) !== null,
  perform: (state) => withPanels(state, { renaming: soleNode(state) }),
}

export interface Rename {
  id: string
  newId: string
  title: string
}

/** Title and id at once; edges and expressions follow the id. */
export const applyRename: Action<Rename> = {
  id: 'node.rename.apply',
  label: words.editor.actions.rename,
  undoable: true,
  perform(state, { id, newId, title }) {
    const document = setTitle(
      renameNode(state.document, id, newId),
      newId in state.document.nodes ? id : newId,
      title,
    )
    const selection = state.selection.nodes.map((node) => (node === id ? newId : node))
    return withPanels({ ...state, document, selection: { nodes: selection, edges: [] } }, { renaming: null })
  },
}
