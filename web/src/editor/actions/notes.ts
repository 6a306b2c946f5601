import { IconNote, IconPalette, IconPencil, IconSquareDashed, IconSquareOff } from '@tabler/icons-react'
import { words } from '~/i18n'
import { withPlaces } from '~/model/layout'
import {
  addNote as add,
  addGroup,
  COLORS,
  type Color,
  editGroup,
  editNote,
  freeId,
  groupKey,
  groupsOf,
  groupsWith,
  NOTE_SIZE,
  noteId,
  noteKey,
  removeGroup,
} from '~/model/notes'
import type { Position } from '~/model/workflow'
import type { Action } from '../action'
import { type EditorState, select, withPanels } from '../state'

const t = words.canvas.notes

/** Ids of the chosen notes. */
export const chosenNotes = (state: EditorState): string[] =>
  state.selection.nodes.flatMap((key) => {
    const id = noteId(key)
    return id === null ? [] : [id]
  })

/** The chosen nodes without the notes. */
export const chosenNodes = (state: EditorState): string[] =>
  state.selection.nodes.filter((id) => id in state.document.nodes)

const insert: Action<Position> = {
  id: 'note.insert',
  label: t.addNote,
  undoable: true,
  perform(state, [x, y]) {
    const id = freeId(state.document.notes, 'note')
    const at: Position = [Math.round(x), Math.round(y)]
    const noted = select({ ...state, document: add(state.document, id, at) }, [noteKey(id)])
    return withPanels(noted, { renaming: noteKey(id), inspector: state.panels.inspector })
  },
}

export const addNote: Action = {
  id: 'note.add',
  label: t.addNote,
  icon: IconNote,
  shortcuts: ['shift+s'],
  listed: true,
  undoable: false,
  edits: true,
  perform: (state) => state,
  effect({ services, dispatch }) {
    const [x, y] = services.place()
    dispatch(insert, [x, y - NOTE_SIZE[1] / 4])
  },
}

const soleNote = (state: EditorState): string | null => {
  const [key, ...others] = state.selection.nodes
  return key !== undefined && others.length === 0 && noteId(key) !== null ? key : null
}

export const writeNote: Action = {
  id: 'note.write',
  label: t.writeNote,
  icon: IconPencil,
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => soleNote(state) !== null,
  perform: (state) => withPanels(state, { renaming: soleNote(state) }),
}

export const setNoteText: Action<{ id: string; text: string }> = {
  id: 'note.text',
  label: t.writeNote,
  undoable: true,
  perform: (state, { id, text }) => ({ ...state, document: editNote(state.document, id, { text }) }),
}

export const resizeNote: Action<{ id: string; at: Position; size: Position }> = {
  id: 'note.size',
  label: t.resizeNote,
  undoable: true,
  perform: (state, { id, at, size }) => ({ ...state, document: editNote(state.document, id, { at, size }) }),
}

/** Groups that have any of the chosen nodes. */
const chosenGroups = (state: EditorState): string[] => groupsWith(state.document, chosenNodes(state))

export const group: Action = {
  id: 'group.add',
  label: t.group,
  icon: IconSquareDashed,
  shortcuts: ['mod+g'],
  listed: true,
  undoable: true,
  enabled: (state) => chosenNodes(state).length > 0,
  perform(state) {
    const id = freeId(state.document.groups, 'group')
    const document = addGroup(withPlaces(state.document), id, chosenNodes(state))
    return withPanels({ ...state, document }, { renaming: groupKey(id) })
  },
}

export const ungroup: Action = {
  id: 'group.remove',
  label: t.ungroup,
  icon: IconSquareOff,
  shortcuts: ['mod+shift+g'],
  listed: true,
  undoable: true,
  enabled: (state) => chosenGroups(state).length > 0,
  perform: (state) => ({ ...state, document: chosenGroups(state).reduce(removeGroup, state.document) }),
}

export const renameGroup: Action = {
  id: 'group.rename',
  label: t.renameGroup,
  icon: IconPencil,
  listed: true,
  undoable: false,
  edits: true,
  enabled: (state) => chosenGroups(state).length === 1,
  perform: (state) => withPanels(state, { renaming: groupKey(chosenGroups(state)[0] ?? '') }),
}

export const setGroupTitle: Action<{ id: string; title: string }> = {
  id: 'group.title',
  label: t.renameGroup,
  undoable: true,
  perform: (state, { id, title }) => ({ ...state, document: editGroup(state.document, id, { title }) }),
}

/** Choose all nodes of a group. */
export const selectGroup: Action<string> = {
  id: 'group.select',
  label: words.editor.actions.select,
  undoable: false,
  perform: (state, id) => select(state, groupsOf(state.document)[id]?.nodes ?? []),
}

/** The chosen notes and the groups of the chosen nodes. */
const paint = (color: Color): Action => ({
  id: `note.color.${color}`,
  label: t.color(t.colors[color]),
  icon: IconPalette,
  listed: true,
  undoable: true,
  enabled: (state) => chosenNotes(state).length + chosenGroups(state).length > 0,
  perform(state) {
    const noted = chosenNotes(state).reduce((next, id) => editNote(next, id, { color }), state.document)
    const document = chosenGroups(state).reduce((next, id) => editGroup(next, id, { color }), noted)
    return { ...state, document }
  },
})

export const colors: readonly Action[] = COLORS.map(paint)
