import { IconClipboard, IconCopy, IconCopyPlus, IconCut } from '@tabler/icons-react'
import { words } from '~/i18n'
import { allIds } from '~/model/bodies'
import { type Fragment, fragmentOf, pasteFragment, readFragment, writeFragment } from '~/model/clipboard'
import { removeNodes } from '~/model/edits'
import { boundsOf, withPlaces } from '~/model/layout'
import type { Position } from '~/model/workflow'
import type { Action, Effect } from '../action'
import { type EditorState, select } from '../state'

const chosen = (state: EditorState) => state.selection.nodes.length > 0
const write = ({ services, before }: Effect<undefined>) =>
  services.copy(writeFragment(fragmentOf(before.document, before.selection.nodes)))

export const copy: Action = {
  id: 'clipboard.copy',
  label: words.editor.actions.copy,
  icon: IconCopy,
  shortcuts: ['mod+c'],
  listed: true,
  undoable: false,
  enabled: chosen,
  perform: (state) => state,
  effect: write,
}

export const cut: Action = {
  id: 'clipboard.cut',
  label: words.editor.actions.cut,
  icon: IconCut,
  shortcuts: ['mod+x'],
  listed: true,
  undoable: true,
  enabled: chosen,
  perform: (state) => ({ ...state, document: removeNodes(state.document, state.selection.nodes) }),
  effect: write,
}

interface Paste {
  text: string
  at: Position
}

/** Those of the nodes themselves, not of what is inside of them. */
const places = ({ nodes, layout }: Fragment): Position[] =>
  Object.keys(nodes).flatMap((id) => (layout[id] ? [layout[id]] : []))

/** The pasted nodes stand around `at`, whatever place they had where they were copied. */
const insertFragment: Action<Paste> = {
  id: 'clipboard.insert',
  label: words.editor.actions.paste,
  undoable: true,
  perform(state, { text, at }) {
    const fragment = readFragment(text)
    if (!fragment) return state
    const bounds = boundsOf(places(fragment)) ?? { x: 0, y: 0, width: 0, height: 0 }
    const offset: Position = [at[0] - bounds.x - bounds.width / 2, at[1] - bounds.y - bounds.height / 2]
    const pasted = pasteFragment(withPlaces(state.document), fragment, offset, allIds(state.root.nodes))
    return select({ ...state, document: pasted.document }, pasted.ids)
  },
}

export const paste: Action = {
  id: 'clipboard.paste',
  label: words.editor.actions.paste,
  icon: IconClipboard,
  shortcuts: ['mod+v'],
  listed: true,
  undoable: false,
  perform: (state) => state,
  async effect({ services, dispatch }) {
    const text = await services.readClipboard()
    if (readFragment(text)) dispatch(insertFragment, { text, at: services.place() })
    else services.tell(words.editor.nothingToPaste)
  },
}

const SHIFT: Position = [32, 96]

export const duplicate: Action = {
  id: 'selection.duplicate',
  label: words.editor.actions.duplicate,
  icon: IconCopyPlus,
  shortcuts: ['mod+d'],
  listed: true,
  undoable: true,
  enabled: chosen,
  perform(state) {
    const fragment = fragmentOf(state.document, state.selection.nodes)
    const pasted = pasteFragment(withPlaces(state.document), fragment, SHIFT, allIds(state.root.nodes))
    return select({ ...state, document: pasted.document }, pasted.ids)
  },
}
