import { IconTrash } from '@tabler/icons-react'
import { words } from '~/i18n'
import { parseEdges } from '~/model/edges'
import { disconnect, removeNodes } from '~/model/edits'
import { removeNotes } from '~/model/notes'
import type { Action } from '../action'
import { type EditorState, NOTHING } from '../state'
import { chosenNotes } from './notes'

const something = (state: EditorState) => state.selection.nodes.length + state.selection.edges.length > 0

function remove(state: EditorState, reconnect: boolean): EditorState {
  const unwired = disconnect(state.document, parseEdges(state.selection.edges))
  const left = removeNodes(unwired, state.selection.nodes, reconnect)
  return { ...state, document: removeNotes(left, chosenNotes(state)), selection: NOTHING }
}

export const deleteSelection: Action = {
  id: 'selection.delete',
  label: words.editor.actions.delete,
  icon: IconTrash,
  shortcuts: ['delete', 'backspace'],
  listed: true,
  undoable: true,
  enabled: something,
  describe: (_, state) =>
    words.editor.actions.deleteCount(state.selection.nodes.length, state.selection.edges.length),
  perform: (state) => remove(state, false),
}

export const deleteReconnect: Action = {
  id: 'selection.deleteReconnect',
  label: words.editor.actions.deleteReconnect,
  icon: IconTrash,
  shortcuts: ['mod+delete', 'mod+backspace'],
  listed: true,
  undoable: true,
  enabled: (state) => state.selection.nodes.length > 0,
  perform: (state) => remove(state, true),
}
