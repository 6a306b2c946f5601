import { IconCursorText, IconId } from '@tabler/icons-react'
import { words } from '~/i18n'
import { closeBody, openBody } from '~/model/bodies'
import { setTitle } from '~/model/edits'
import { followed, renameInExpressions, renameNode } from '~/model/rename'
import type { Action } from '../action'
import { type EditorState, soleNode, withPanels } from '../state'
import { framesRenamed } from './frames'

/** Write the title on the card. */
export const rename: Action = {
  id: 'node.rename',
  label: words.editor.actions.rename,
  icon: IconCursorText,
  shortcuts: ['f2'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => soleNode(state) !== null,
  perform: (state) => withPanels(state, { renaming: soleNode(state) }),
  effect({ services, after }) {
    // A card out of sight is not drawn, and has no place to write on.
    if (after.panels.renaming !== null) services.show(after.panels.renaming)
  },
}

/** Open the dialog, which has the id too. */
export const renameId: Action = {
  id: 'node.rename.id',
  label: words.canvas.actions.renameId,
  icon: IconId,
  shortcuts: ['shift+f2'],
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => soleNode(state) !== null,
  perform: (state) => withPanels(state, { renamingId: soleNode(state) }),
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
    const taken = newId in state.document.nodes
    const document = setTitle(renameNode(state.document, id, newId), taken ? id : newId, title)
    const selection = state.selection.nodes.map((node) => (node === id ? newId : node))
    const frames = taken ? state.frames : framesRenamed(state, id, newId)
    const renamed = { ...state, frames, document, selection: { nodes: selection, edges: [] } }
    return withPanels(taken ? renamed : inContainer(renamed, id, newId), { renamingId: null })
  },
}

/** The settings of the container around may name the node too: `result`, `condition`. */
function inContainer(state: EditorState, id: string, newId: string): EditorState {
  const outer = state.path.slice(0, -1)
  const container = state.path.at(-1)
  if (container === undefined) return state
  const root = closeBody(state.root, state.path, state.document)
  const around = openBody(root, outer)
  const node = around.nodes[container]
  if (!node) return state
  const next = followed(node, (text) => renameInExpressions(text, id, newId))
  const nodes = { ...around.nodes, [container]: next }
  return { ...state, root: closeBody(root, outer, { ...around, nodes }) }
}
